/** Finding people by name. */
import { useSignal } from '@preact/signals'
import type { User } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { tea } from '../model/tea.ts'
import { reason } from '../model/view-state.ts'
import { displayName } from '../room/room-name.ts'
import { Avatar } from './avatar.tsx'

type Props = { label: string; without: readonly string[]; onPick: (user: User) => void; autoFocus?: boolean }

export function PeopleSearch({ label, without, onPick, autoFocus }: Props): VNode {
  const query = useSignal('')
  const found = useSignal<User[] | null>(null)
  const failure = useSignal<unknown>(null)
  const at = useSignal(0)
  useEffect(() => {
    const q = query.value.trim().replace(/^@/, '')
    if (!q) {
      found.value = null
      return
    }
    const call = new AbortController()
    const timer = setTimeout(() => {
      tea.api.search_users({ q, limit: 20 }, { signal: call.signal }).then(
        ({ items }) => {
          found.value = items
          at.value = 0
          failure.value = null
        },
        (error: unknown) => !call.signal.aborted && (failure.value = error),
      )
    }, 150)
    return () => {
      clearTimeout(timer)
      call.abort()
    }
  }, [query.value])
  const shown = (found.value ?? []).filter(({ id }) => !without.includes(id)).slice(0, 8)
  const pick = (user: User | undefined) => {
    if (!user) return
    onPick(user)
    query.value = ''
  }
  return (
    <div class="people-search">
      <div class="field">
        <input
          type="search"
          role="combobox"
          list={undefined}
          aria-label={label}
          aria-expanded={shown.length > 0}
          aria-controls="people-found"
          {...(shown.length && { 'aria-activedescendant': `person-${at.value}` })}
          placeholder={t('direct.search')}
          autoFocus={autoFocus ?? false}
          autoComplete="off"
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.isComposing) return
            if (event.key === 'ArrowDown') at.value = Math.min(at.peek() + 1, shown.length - 1)
            else if (event.key === 'ArrowUp') at.value = Math.max(at.peek() - 1, 0)
            else if (event.key === 'Enter' && shown.length) pick(shown[at.peek()])
            else return
            event.preventDefault()
          }}
        />
      </div>
      {failure.value ? <p class="field-error">{reason(failure.value)}</p> : null}
      {found.value && !shown.length && <p class="soft">{t('direct.nobody')}</p>}
      <ul id="people-found" class="people-found" role="listbox" aria-label={label} hidden={!shown.length}>
        {shown.map((user, i) => (
          <li key={user.id} id={`person-${i}`} role="option" aria-selected={at.value === i} onClick={() => pick(user)}>
            <Avatar of={user} size={28} />
            <span dir="auto">{displayName(user)}</span>
            <span class="soft">@{user.username}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
