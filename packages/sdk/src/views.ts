/** How each view is taken from the state; a view stays the same object while nothing in it changed. */
import type { KeyedViews, ServerFacts, Totals, ViewKey, ViewOf } from './client.ts'
import type { ConnectionState } from './connection/connection-state.ts'
import type { OutboxMessage } from './outbox/outbox-message.ts'
import type { SessionState } from './session-state.ts'
import type { State } from './state/state.ts'

/** What is known besides the state that the server keeps for me. */
export type Facts = {
  session: SessionState
  connection: ConnectionState
  server: ServerFacts
  outbox: ReadonlyMap<string, readonly OutboxMessage[]>
}

const NO_MESSAGES: readonly OutboxMessage[] = []
const NOBODY: readonly string[] = []

type Keyed = { [Kind in keyof KeyedViews]: (state: State, id: string, facts: Facts) => KeyedViews[Kind] }

export function createViews() {
  let rooms: readonly string[] = []
  let totals: Totals = { unread: 0, mentions: 0 }
  let seenRooms: State['rooms'] | null = null
  const typing = new Map<string, readonly string[]>()

  function lookAtRooms(state: State): void {
    if (state.rooms === seenRooms) return
    seenRooms = state.rooms
    rooms = byActivity(state.rooms, rooms)
    totals = sums(state.rooms, totals)
  }

  const keyed: Keyed = {
    room: (state, id) => state.rooms.get(id)?.about,
    timeline: (state, id) => state.rooms.get(id)?.timeline,
    members: (state, id) => state.rooms.get(id)?.members,
    pins: (state, id) => state.rooms.get(id)?.pins,
    departure: (state, id) => state.departed.get(id),
    presence: (state, id) => state.presence.get(id),
    user: (state, id) => state.users.get(id),
    outbox: (_state, id, facts) => facts.outbox.get(id) ?? NO_MESSAGES,
    typing(state, id) {
      const ids = [...(state.rooms.get(id)?.typing.keys() ?? [])].filter((userId) => userId !== state.me?.id)
      const known = typing.get(id) ?? NOBODY
      if (sameItems(ids, known)) return known
      if (ids.length === 0) typing.delete(id)
      else typing.set(id, ids)
      return ids.length === 0 ? NOBODY : ids
    },
  }

  return {
    look<Key extends ViewKey>(key: Key, state: State, facts: Facts): ViewOf<Key> {
      const colon = key.indexOf(':')
      if (colon > 0) return keyed[key.slice(0, colon) as keyof KeyedViews](state, key.slice(colon + 1), facts) as ViewOf<Key>
      lookAtRooms(state)
      const whole = { session: facts.session, connection: facts.connection, server: facts.server, rooms, totals }
      return whole[key as keyof typeof whole] as ViewOf<Key>
    },
  }
}

const sameItems = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, i) => item === b[i])

/** The latest activity first. Sorting is left out while the order of before still holds. */
function byActivity(rooms: State['rooms'], before: readonly string[]): readonly string[] {
  const activity = (id: string): string => {
    const about = rooms.get(id)?.about
    return about ? (about.last_message?.created_at ?? about.created_at) : ''
  }
  const holds = before.length === rooms.size && before.every((id, i) => rooms.has(id) && activity(before[i - 1] ?? id) >= activity(id))
  return holds
    ? before
    : [...rooms.keys()].toSorted((a, b) => (activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : a < b ? -1 : 1))
}

function sums(rooms: State['rooms'], before: Totals): Totals {
  let unread = 0
  let mentions = 0
  for (const { about } of rooms.values()) {
    unread += about.membership.unread_count
    mentions += about.membership.mention_count
  }
  return unread === before.unread && mentions === before.mentions ? before : { unread, mentions }
}
