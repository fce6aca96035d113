/** Ctrl+K: anywhere in a few letters. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { go, roomPath, route } from '../model/route.ts'
import { watch } from '../model/tea.ts'
import { closeDialog } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { others, roomName } from '../room/room-name.ts'
import { Dialog } from '../ui/dialog.tsx'

type Place = { id: string; name: string; words: string; unread: number; avatar: { id: string; display_name: string } }
const MOST = 12

export function Switcher(): VNode {
  const query = useSignal('')
  const at = useSignal(0)
  const found = search(query.value)
  const walk = (place: Place | undefined) => {
    if (!place) return
    closeDialog()
    go(roomPath(place.id))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || !found.length) return
    if (event.key === 'ArrowDown') at.value = (at.peek() + 1) % found.length
    else if (event.key === 'ArrowUp') at.value = (at.peek() + found.length - 1) % found.length
    else if (event.key === 'Enter') walk(found[at.peek()])
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={t('switcher.title')} onClose={closeDialog} bare>
      <div class="switcher">
        <input
          class="switcher-field"
          role="combobox"
          aria-label={t('switcher.title')}
          aria-expanded="true"
          aria-controls="switcher-list"
          {...(found.length && { 'aria-activedescendant': `switcher-${at.value}` })}
          placeholder={t('switcher.placeholder')}
          autoFocus
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value
            at.value = 0
          }}
          onKeyDown={onKeyDown}
        />
        <ul id="switcher-list" role="listbox" aria-label={t('rooms')}>
          {found.map((place, i) => (
            <li
              key={place.id}
              id={`switcher-${i}`}
              role="option"
              aria-selected={at.value === i}
              onClick={() => walk(place)}
              onPointerMove={() => (at.value = i)}
            >
              <Avatar of={place.avatar} size={24} />
              <span class="ellipsis" dir="auto">
                {place.name}
              </span>
              {place.unread > 0 && <span class="dot" />}
            </li>
          ))}
        </ul>
        {!found.length && <p class="soft switcher-none">{t('switcher.none')}</p>}
      </div>
    </Dialog>
  )
}

/** Without words: those with something unread, then the liveliest, but not where one is. */
function search(query: string): Place[] {
  const words = query.trim().toLowerCase()
  const here = route.value.page === 'room' ? route.value.roomId : null
  const all = watch('rooms').value.flatMap((id): Place[] => {
    const room = watch(`room:${id}`).value
    if (!room) return []
    const name = roomName(room)
    const people = others(room)
    const avatar = (room.kind === 'direct' && people[0]) || { id, display_name: name }
    return [
      {
        id,
        name,
        words: [name, ...people.map(({ username }) => username)].join(' ').toLowerCase(),
        unread: room.membership.unread_count,
        avatar,
      },
    ]
  })
  const rank = (place: Place) =>
    words ? (place.words.startsWith(words) ? 0 : place.words.includes(` ${words}`) ? 1 : 2) : place.unread ? 0 : 1
  return all
    .filter((place) => (words ? place.words.includes(words) : place.id !== here))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST)
}
