/** Finding what was said, here or in all my rooms. */
import { useSignal } from '@preact/signals'
import type { FoundMessage, JoinedRoom } from '@teahouse/sdk'
import type { ComponentChildren, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { tea } from '../model/tea.ts'
import { reason } from '../model/view-state.ts'
import { roomName } from '../room/room-name.ts'
import { excerpt } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import { Found } from './found.tsx'

type Results = { q: string; items: FoundMessage[]; next: string | null }

export function SearchPanel({ room }: { room: JoinedRoom }): VNode {
  const query = useSignal('')
  const where = useSignal<'here' | 'everywhere'>('here')
  const results = useSignal<Results | null>(null)
  const failure = useSignal<unknown>(null)
  const look = async (q: string, cursor?: string, signal?: AbortSignal) => {
    try {
      const page = await tea.api.search_messages(
        { q, ...(where.peek() === 'here' && { room_id: room.id }), ...(cursor && { cursor }) },
        signal ? { signal } : {},
      )
      results.value = { q, items: [...(cursor ? (results.peek()?.items ?? []) : []), ...page.items], next: page.next_cursor }
      failure.value = null
    } catch (error) {
      if (!signal?.aborted) failure.value = error
    }
  }
  useEffect(() => {
    const q = query.value.trim()
    if (!q) {
      results.value = null
      return
    }
    const call = new AbortController()
    const timer = setTimeout(() => void look(q, undefined, call.signal), 250)
    return () => {
      clearTimeout(timer)
      call.abort()
    }
  }, [query.value, where.value])
  const found = results.value
  return (
    <div class="side-body">
      <div class="search-field">
        <Icon name="search" size={16} />
        <input
          type="search"
          autoFocus
          aria-label={t('search.label')}
          placeholder={t('search.label')}
          value={query.value}
          ref={(input) => {
            if (input && !input.dataset['begun']) {
              input.dataset['begun'] = 'yes'
              input.focus()
            }
          }}
          onInput={(event) => (query.value = event.currentTarget.value)}
        />
      </div>
      <div class="segmented" role="group" aria-label={t('search')}>
        {(['here', 'everywhere'] as const).map((one) => (
          <button type="button" key={one} aria-pressed={where.value === one} onClick={() => (where.value = one)}>
            {t(`search.${one}`)}
          </button>
        ))}
      </div>
      {failure.value ? <p class="notice notice-bad">{reason(failure.value)}</p> : null}
      <p class="soft side-empty" role="status">
        {!found ? t('search.hint') : found.items.length ? t('search.results', { n: found.items.length }) : t('search.none', { q: found.q })}
      </p>
      <ul class="found-list">
        {found?.items.map((one) => (
          <Found
            key={one.message.id}
            message={one.message}
            room={where.value === 'everywhere' ? nameOfRoom(one.message.room_id) : undefined}
          >
            {marked(one)}
          </Found>
        ))}
      </ul>
      {found?.next && (
        <button type="button" class="button" onClick={() => found.next && void look(found.q, found.next)}>
          {t('loadMore')}
        </button>
      )}
    </div>
  )
}

function nameOfRoom(roomId: string): string | undefined {
  const room = tea.view(`room:${roomId}`)
  return room && roomName(room)
}

const LONGEST = 280

/** The text round the first hit, with all hits in it marked. */
const marked = ({ message: { content }, highlights }: FoundMessage): ComponentChildren =>
  excerpt(content, highlights, LONGEST).map(({ text, hit }) => (hit ? <mark>{text}</mark> : text))
