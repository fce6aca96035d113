/** Small choices that this browser keeps: theme, language, widths. Other tabs follow. */
import { type Signal, signal } from '@preact/signals'

/** A signal whose value survives a reload. Storage that is full or forbidden costs the memory, not the choice. */
export function remembered<Value>(name: string, initial: Value): Signal<Value> {
  const key = `teahouse:${name}`
  const kept = signal(read(key, initial))
  let last = kept.peek()
  kept.subscribe((value) => {
    if (value === last) return
    last = value
    try {
      if (value === initial) localStorage.removeItem(key)
      else localStorage.setItem(key, JSON.stringify(value))
    } catch {
      // private windows may refuse
    }
  })
  addEventListener('storage', (event: StorageEvent) => {
    if (event.key === key) kept.value = last = read(key, initial)
  })
  return kept
}

function read<Value>(key: string, initial: Value): Value {
  try {
    const text = localStorage.getItem(key)
    return text === null ? initial : (JSON.parse(text) as Value)
  } catch {
    return initial
  }
}
