/** Fetches pages of history, members and pins, and whole rooms, and lays them into the state. */
import { ChatError } from '@teahouse/protocol/errors'
import type { Api } from './client.ts'
import { isLost } from './rest/api.ts'
import type { PagePlace } from './state/input.ts'
import { canJoin } from './state/pages.ts'
import type { RoomState } from './state/state.ts'
import { spanAt } from './state/timeline.ts'
import type { Store } from './store.ts'

const LATEST = 50
const PAGE = 100
/** Times that a page is asked for again because so much happened meanwhile that it could not be joined with the events. */
const MOST_TRIES = 3

export type Loader = ReturnType<typeof createLoader>

export function createLoader(store: Store, api: Pick<Api, 'list_messages' | 'list_members' | 'list_pins' | 'get_room'>) {
  const running = new Map<string, Promise<void>>()

  /** Two equal wishes at once are one request. */
  function once(what: string, load: () => Promise<void>): Promise<void> {
    const known = running.get(what)
    if (known) return known
    const started = load().finally(() => running.delete(what))
    running.set(what, started)
    return started
  }

  function roomOrThrow(roomId: string): RoomState {
    const room = store.state().rooms.get(roomId)
    if (!room) throw new ChatError('room_not_found')
    return room
  }

  function loadMessages(room_id: string, place: PagePlace, limit: number): Promise<void> {
    return once(JSON.stringify([room_id, place]), async () => {
      for (let tried = 1; ; tried++) {
        const asked_at_seq = roomOrThrow(room_id).about.last_seq
        const page = await api.list_messages({ room_id, ...place, limit })
        const room = store.state().rooms.get(room_id)
        if (!room) return // it went away meanwhile; the departure says why
        const joins = canJoin(room, page.last_seq ?? asked_at_seq)
        if (joins) return store.dispatch({ type: 'messages_loaded', room_id, place, page, asked_at_seq })
        if (tried === MOST_TRIES) throw new ChatError('unavailable')
      }
    })
  }

  async function beyond(roomId: string, seq: number, which: 'older' | 'newer'): Promise<void> {
    const span = spanAt(roomOrThrow(roomId).timeline, seq)
    if (!span) return loadMessages(roomId, { around_seq: seq }, PAGE)
    if (which === 'older' && span.from > 1) await loadMessages(roomId, { before_seq: span.from }, PAGE)
    if (which === 'newer' && span.to !== Infinity) await loadMessages(roomId, { after_seq: span.to }, PAGE)
  }

  return {
    latest: async (roomId: string) => loadMessages(roomId, {}, LATEST),
    older: (roomId: string, seq: number) => beyond(roomId, seq, 'older'),
    newer: (roomId: string, seq: number) => beyond(roomId, seq, 'newer'),
    around: async (roomId: string, seq: number) => loadMessages(roomId, { around_seq: seq }, LATEST),

    members: (room_id: string, which: 'first' | 'next' = 'first') =>
      once(`members ${which} ${room_id}`, async () => {
        const room = roomOrThrow(room_id)
        const first = which === 'first' || room.members === null
        const cursor = first ? null : (room.members?.next_cursor ?? null)
        if (!first && cursor === null) return
        const page = await api.list_members({ room_id, limit: PAGE, ...(cursor !== null && { cursor }) })
        store.dispatch({ type: 'members_loaded', room_id, page, first, asked_at_seq: room.about.last_seq })
      }),

    pins: (room_id: string, which: 'first' | 'next' = 'first') =>
      once(`pins ${which} ${room_id}`, async () => {
        const room = roomOrThrow(room_id)
        const first = which === 'first' || room.pins === null
        const cursor = first ? null : (room.pins?.next_cursor ?? null)
        if (!first && cursor === null) return
        const page = await api.list_pins({ room_id, limit: LATEST, ...(cursor !== null && { cursor }) })
        store.dispatch({ type: 'pins_loaded', room_id, page, first, asked_at_seq: room.about.last_seq })
      }),

    /** Asks whether I am in this room, and how it is now. */
    recheck: (room_id: string) =>
      once(`room ${room_id}`, async () => {
        try {
          const { membership, ...room } = await api.get_room({ room_id })
          if (membership) store.dispatch({ type: 'room_loaded', room: { ...room, membership } })
          else store.dispatch({ type: 'room_lost', room_id, reason: null })
        } catch (error) {
          if (isLost(error)) store.dispatch({ type: 'room_lost', room_id, reason: null })
          // Anything else passes: the next heartbeat compares again.
        }
      }),
  }
}
