/** The small list above the field while a mention or an emoji is being typed. */
import { type Signal, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { me } from '../model/tea.ts'
import { Avatar } from '../people/avatar.tsx'
import { type Begun, begunAt, suggest, type Suggestion } from './completion.ts'

export type Suggesting = {
  list: Signal<Suggestion[]>
  at: Signal<number>
  look: () => void
  close: () => void
  pick: (index: number) => void
  /** Whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean
}

export function useSuggestions(
  roomId: string,
  field: { readonly current: HTMLTextAreaElement | null },
  write: (text: string) => void,
): Suggesting {
  const list = useSignal<Suggestion[]>([])
  const at = useSignal(0)
  const begun = useSignal<Begun | null>(null)
  const asking = useRef<AbortController>(undefined)
  const close = () => {
    asking.current?.abort()
    begun.value = null
    list.value = []
  }
  const look = () => {
    const input = field.current
    const found = input && input.selectionStart === input.selectionEnd ? begunAt(input.value, input.selectionStart) : null
    if (!found) return close()
    begun.value = found
    asking.current?.abort()
    asking.current = new AbortController()
    show(found, asking.current.signal).catch(() => undefined) // what could not be asked is not suggested
  }
  const show = async (what: Begun, signal: AbortSignal) => {
    let first = true
    for await (const suggestions of suggest(what, roomId, me().id, signal)) {
      if (signal.aborted) return // typing went on in the meantime
      list.value = suggestions
      if (first) at.value = 0
      first = false
    }
  }
  const pick = (index: number) => {
    const chosen = list.peek()[index]
    const input = field.current
    const place = begun.peek()
    if (!chosen || !input || !place) return
    input.setRangeText(chosen.insert, place.from, place.to, 'end')
    write(input.value)
    input.focus()
    close()
  }
  const onKey = (event: KeyboardEvent): boolean => {
    const { length } = list.peek()
    if (!length) return false
    if (event.key === 'Enter' && isWhole(list.peek()[at.peek()], begun.peek())) {
      close() // nothing is left to complete: Enter sends
      return false
    }
    if (event.key === 'ArrowDown') at.value = (at.peek() + 1) % length
    else if (event.key === 'ArrowUp') at.value = (at.peek() + length - 1) % length
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') pick(at.peek())
    else if (event.key === 'Escape') close()
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  return { list, at, look, close, pick, onKey }
}

const isWhole = (one: Suggestion | undefined, typed: Begun | null) => one?.insert.trim().toLowerCase() === `@${typed?.word.toLowerCase()}`

export function Suggestions({ of }: { of: Suggesting }): VNode | null {
  if (!of.list.value.length) return null
  return (
    <ul class="suggestions" id="suggestions" role="listbox" aria-label={t('composer.suggestions')}>
      {of.list.value.map((one, i) => (
        <li
          key={one.key}
          id={`suggestion-${i}`}
          role="option"
          aria-selected={of.at.value === i}
          onPointerDown={(event) => {
            event.preventDefault() // the field keeps the focus
            of.pick(i)
          }}
        >
          {one.user ? <Avatar of={one.user} size={24} /> : <span class="suggestion-emoji">{one.label}</span>}
          {one.user && <span dir="auto">{one.label}</span>}
          <span class="soft">{one.note}</span>
        </li>
      ))}
    </ul>
  )
}
