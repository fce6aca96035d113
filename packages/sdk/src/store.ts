/** Holds the present state and tells those who watch a part of it when that part changed. */
import type { ViewKey, ViewOf } from './client.ts'
import type { Input } from './state/input.ts'
import { reduce } from './state/reduce.ts'
import { EMPTY_STATE, type State } from './state/state.ts'
import { createViews, type Facts } from './views.ts'

type Watch = { read: (state: State, facts: Facts) => unknown; last: unknown; listeners: Set<() => void> }
export type Store = ReturnType<typeof createStore>

export function createStore(now: () => number) {
  let state: State = EMPTY_STATE
  let facts: Facts = {
    session: { status: 'unknown' },
    connection: { phase: 'closed', because: 'never_started' },
    server: { limits: {}, clockOffsetMs: 0, leaving: null },
    outbox: new Map(),
  }
  const watches = new Map<ViewKey, Watch>()
  const views = createViews()
  let depth = 0

  const view = <Key extends ViewKey>(key: Key): ViewOf<Key> => views.reader(key)(state, facts)

  function tell(): void {
    if (depth > 0) return
    for (const watch of watches.values()) {
      const value = watch.read(state, facts)
      if (value === watch.last) continue
      watch.last = value
      for (const changed of watch.listeners) {
        try {
          changed()
        } catch (error) {
          console.error('A listener of the Teahouse SDK threw', error)
        }
      }
    }
  }

  return {
    view,
    state: () => state,
    facts: () => facts,

    dispatch(input: Input): void {
      const before = state
      state = reduce(state, input, now())
      if (state !== before) tell()
    },

    note(changes: Partial<Facts>): void {
      facts = { ...facts, ...changes }
      tell()
    },

    isBatching: () => depth > 0,

    /** Everything inside is one change to those who watch. */
    batch(act: () => void): void {
      depth++
      try {
        act()
      } finally {
        depth--
        tell()
      }
    },

    subscribe(key: ViewKey, changed: () => void): () => void {
      const watch = watches.get(key) ?? { read: views.reader(key), last: view(key), listeners: new Set() }
      watches.set(key, watch)
      watch.listeners.add(changed)
      return () => {
        watch.listeners.delete(changed)
        if (watch.listeners.size === 0 && watches.get(key) === watch) watches.delete(key)
      }
    },
  }
}
