/** My rooms, the liveliest first; unread is weight, a mention is a number in green. */
import { useSignal } from '@preact/signals'
import type { JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { drafts } from '../composer/drafts.ts'
import { t } from '../i18n/i18n.ts'
import { exactTime, shortTime } from '../i18n/times.ts'
import { roomPath, route } from '../model/route.ts'
import { me, watch } from '../model/tea.ts'
import { dialog, quietRooms } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { displayName, nameOf, others, roomName } from '../room/room-name.ts'
import { plain } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import { Private } from '../room/private.tsx'
import { MenuButton } from '../ui/menu.tsx'
import { Divider } from './divider.tsx'
import { Me } from './me.tsx'

export function RoomList(): VNode {
  const ids = watch('rooms').value
  const query = useSignal('')
  const words = query.value.trim().toLowerCase()
  const shown = words ? ids.filter((id) => matches(watch(`room:${id}`).value, words)) : ids
  const ready = watch('connection').value.phase === 'live' || ids.length > 0
  return (
    <nav class="rooms" aria-label={t('rooms')}>
      <header class="rooms-head">
        <h1 class="rooms-title">{t('rooms')}</h1>
        <a class="icon-button" href="/directory" aria-label={t('rooms.browse')} title={t('rooms.browse')}>
          <Icon name="compass" />
        </a>
        <MenuButton
          label={t('rooms.new')}
          items={() => [
            { icon: 'people', label: t('rooms.new'), onPick: () => (dialog.value = { kind: 'new-room' }) },
            { icon: 'at', label: t('rooms.newDirect'), onPick: () => (dialog.value = { kind: 'new-direct' }) },
            { icon: 'compass', label: t('rooms.browse'), onPick: () => document.querySelector<HTMLElement>('.rooms-head a')?.click() },
          ]}
        >
          <Icon name="add" />
        </MenuButton>
      </header>
      {ids.length > 7 && (
        <div class="rooms-find">
          <Icon name="search" size={16} />
          <input
            type="search"
            aria-label={t('rooms.find')}
            placeholder={t('rooms.find')}
            value={query.value}
            onInput={(event) => (query.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Escape' && (query.value = '')}
          />
        </div>
      )}
      {!shown.length && ready && <p class="rooms-none">{t(words ? 'rooms.noMatch' : 'rooms.none')}</p>}
      <List ids={shown} />
      <Me />
      <Divider />
    </nav>
  )
}

const matches = (room: JoinedRoom | undefined, words: string) =>
  room !== undefined &&
  (roomName(room).toLowerCase().includes(words) || others(room).some(({ username }) => username.toLowerCase().includes(words)))

const ROW = 60

/** Rows are of one height, so that thousands of rooms cost no more than those in sight. */
function List({ ids }: { ids: readonly string[] }): VNode {
  const top = useSignal(0)
  const box = useRef<HTMLDivElement>(null)
  const height = useSignal(900)
  // on a phone the list is out of sight while a room is open, and has no height then
  useEffect(() => {
    const element = box.current
    if (!element) return
    const watcher = new ResizeObserver(() => (height.value = element.clientHeight || height.peek()))
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])
  const from = Math.max(0, Math.floor(top.value / ROW) - 8)
  const to = Math.min(ids.length, Math.ceil((top.value + height.value) / ROW) + 8)
  return (
    <div ref={box} class="rooms-list" onScroll={(event) => (top.value = Math.floor(event.currentTarget.scrollTop / (ROW * 4)) * ROW * 4)}>
      <ul style={{ height: `${ids.length * ROW}px` }}>
        {ids.slice(from, to).map((id, i) => (
          <RoomRow key={id} roomId={id} top={(from + i) * ROW} />
        ))}
      </ul>
    </div>
  )
}

function RoomRow({ roomId, top }: { roomId: string; top: number }): VNode | null {
  const room = watch(`room:${roomId}`).value
  if (!room) return null
  const { unread_count: unread, mention_count: mentions } = room.membership
  const at = route.value
  const open = at.page === 'room' && at.roomId === roomId
  const quiet = quietRooms.value.includes(roomId)
  const [one] = room.kind === 'direct' ? others(room) : []
  const presence = one && watch(`presence:${one.id}`).value?.status
  const counted = mentions || (room.kind === 'direct' && !quiet ? unread : 0)
  const name = roomName(room)
  return (
    <li class="rooms-item" style={{ top: `${top}px` }}>
      <a
        class={['room-row', open && 'is-open', unread > 0 && !quiet && 'is-unread', quiet && 'is-quiet'].filter(Boolean).join(' ')}
        href={roomPath(roomId)}
        aria-current={open ? 'page' : undefined}
        data-room={roomId}
      >
        {one ? <Avatar of={one} size={36} presence={presence} /> : <Avatar of={{ id: roomId, display_name: name }} size={36} />}
        <span class="room-row-text">
          <span class="room-row-top">
            <span class="room-row-name" dir="auto">
              {name}
            </span>
            {room.is_private && room.kind === 'group' && <Private size={13} />}
            {quiet && <Icon name="bellOff" size={13} />}
            {room.last_message && (
              <time class="room-row-time" dateTime={room.last_message.created_at} title={exactTime(room.last_message.created_at)}>
                {shortTime(room.last_message.created_at)}
              </time>
            )}
          </span>
          <span class="room-row-last">
            <LastSaid room={room} />
            {counted > 0 ? <span class="count">{counted >= 100 ? '99+' : counted}</span> : unread > 0 && !quiet && <span class="dot" />}
          </span>
        </span>
        {unread > 0 && (
          <span class="unseen">
            {', '}
            {t('rooms.unread', { n: unread })}
            {mentions > 0 && `, ${t('rooms.mentions', { n: mentions })}`}
          </span>
        )}
      </a>
    </li>
  )
}

function LastSaid({ room }: { room: JoinedRoom }): VNode {
  const draft = drafts.read(room.id)
  const last = room.last_message
  if (draft && !(route.value.page === 'room' && route.value.roomId === room.id))
    return (
      <span class="ellipsis" dir="auto">
        <em class="accent">{t('rooms.draft')}</em> {plain(draft, 60)}
      </span>
    )
  if (!last) return <span class="ellipsis">{room.description || t('room.members', { n: room.member_count })}</span>
  const mine = last.sender.id === me().id
  const said =
    last.state === 'sent'
      ? plain(last.content, 80) || last.attachments[0]?.name || ''
      : last.state === 'deleted'
        ? t('message.deleted')
        : t(mine ? 'message.recalledMine' : 'message.recalled', { name: nameOf(last.sender) })
  const who =
    last.state !== 'sent' || (room.kind === 'direct' && !mine && (room.members?.length ?? 0) <= 2)
      ? ''
      : mine
        ? t('youSaid')
        : displayName(last.sender)
  return (
    <span class="ellipsis" dir="auto">
      {who ? t('message.heard', { name: who, text: said }) : said}
    </span>
  )
}
