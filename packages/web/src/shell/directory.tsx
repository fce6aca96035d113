/** Public rooms: to look round, and to sit down. */
import { useSignal } from '@preact/signals'
import { ChatError, type SeenRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { go, roomPath } from '../model/route.ts'
import { tea, watch } from '../model/tea.ts'
import { attempt, dialog, reason } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { Icon } from '../ui/icon.tsx'

export function Directory(): VNode {
  return (
    <div class="page">
      <div class="page-inner">
        <header class="page-head page-head-row">
          <a class="icon-button only-phone" href="/" aria-label={t('back')}>
            <Icon name="back" />
          </a>
          <h1>{t('directory.title')}</h1>
          <button type="button" class="button" onClick={() => (dialog.value = { kind: 'new-room' })}>
            <Icon name="add" /> {t('rooms.new')}
          </button>
        </header>
        <PublicRooms searchable />
      </div>
    </div>
  )
}

type Found = { items: SeenRoom[]; next: string | null; q: string }

export function PublicRooms({ searchable = false }: { searchable?: boolean }): VNode | null {
  const query = useSignal('')
  const found = useSignal<Found | null>(null)
  const failure = useSignal<unknown>(null)
  const load = async (q: string, cursor?: string, signal?: AbortSignal) => {
    try {
      const page = await tea.api.list_directory({ ...(q && { q }), ...(cursor && { cursor }) }, signal ? { signal } : {})
      const before = cursor ? (found.peek()?.items ?? []) : []
      found.value = { items: [...before, ...page.items], next: page.next_cursor, q }
      failure.value = null
    } catch (error) {
      if (!signal?.aborted) failure.value = error
    }
  }
  useEffect(() => {
    const call = new AbortController()
    const timer = setTimeout(() => void load(query.value.trim(), undefined, call.signal), query.value ? 200 : 0)
    return () => {
      clearTimeout(timer)
      call.abort()
    }
  }, [query.value])
  const { items, next, q } = found.value ?? { items: [], next: null, q: '' }
  if (!searchable && !items.length) return null
  return (
    <section class="directory" aria-label={t('directory.title')}>
      {searchable ? (
        <div class="search-field">
          <Icon name="search" />
          <input
            type="search"
            aria-label={t('directory.search')}
            placeholder={t('directory.search')}
            value={query.value}
            onInput={(event) => (query.value = event.currentTarget.value)}
          />
        </div>
      ) : (
        <h2>{t('directory.title')}</h2>
      )}
      {failure.value ? <p class="notice notice-bad">{reason(failure.value)}</p> : null}
      {found.value && !items.length && <p class="soft">{q ? t('directory.noMatch', { q }) : t('directory.none')}</p>}
      <ul class="directory-list">
        {items.map((room) => (
          <PublicRoom key={room.id} room={room} level={searchable ? 2 : 3} />
        ))}
      </ul>
      {next && (
        <button type="button" class="button" onClick={() => void load(q, next)}>
          {t('loadMore')}
        </button>
      )}
    </section>
  )
}

function PublicRoom({ room, level }: { room: SeenRoom; level: 2 | 3 }): VNode {
  const mine = watch(`room:${room.id}`).value !== undefined
  const busy = useSignal(false)
  const enter = async () => {
    busy.value = true
    if (mine || (await attempt(() => joinOnce(room.id)))) go(roomPath(room.id))
    busy.value = false
  }
  return (
    <li class="directory-room">
      <Avatar of={{ id: room.id, display_name: room.name }} size={40} />
      <div class="directory-text">
        {/* below the page's title, or below that of the list */}
        {level === 2 ? <h2 dir="auto">{room.name}</h2> : <h3 dir="auto">{room.name}</h3>}
        <p class="soft" dir="auto">
          {room.description ? `${room.description} · ` : ''}
          {t('room.members', { n: room.member_count })}
        </p>
      </div>
      <button
        type="button"
        class="button"
        disabled={busy.value}
        onClick={() => void enter()}
        aria-label={`${t(mine ? 'room.goto' : 'room.join')}: ${room.name}`}
      >
        {t(mine ? 'room.goto' : 'room.join')}
      </button>
    </li>
  )
}

/** Being there already is what was wanted. */
export async function joinOnce(roomId: string, password = ''): Promise<void> {
  try {
    await tea.api.join_room({ room_id: roomId, ...(password && { password }) })
  } catch (error) {
    if (!(error instanceof ChatError && error.code === 'already_a_member')) throw error
  }
}
