/** The small list above the field while a mention or an emoji is being typed. */
import { type Signal, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
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
  const close = () => {
    begun.value = null
    list.value = []
  }
  const look = () => {
    const input = field.current
    const found = input && input.selectionStart === input.selectionEnd ? begunAt(input.value, input.selectionStart) : null
    if (!found) return close()
    begun.value = found
    suggest(found, roomId, me().id).then(
      (suggestions) => {
        if (begun.peek() !== found) return // typing went on in the meantime
        list.value = suggestions
        at.value = 0
      },
      () => undefined,
    )
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
