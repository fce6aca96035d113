/** How each view is taken from the state; a view stays the same object while nothing in it changed. */
import type { JoinedRoom } from '@teahouse/protocol'
import type { KeyedViews, ServerFacts, Totals, ViewKey, ViewOf, Views } from './client.ts'
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
      const there = state.rooms.get(id)?.typing
      const ids = there && there.size > 0 ? [...there.keys()].filter((userId) => userId !== state.me?.id) : NOBODY
      const known = typing.get(id) ?? NOBODY
      if (sameItems(ids, known)) return known
      if (ids.length === 0) typing.delete(id)
      else typing.set(id, ids)
      return ids.length === 0 ? NOBODY : ids
    },
  }

  const whole: { [Key in keyof Views]: (state: State, facts: Facts) => Views[Key] } = {
    session: (_state, facts) => facts.session,
    connection: (_state, facts) => facts.connection,
    server: (_state, facts) => facts.server,
    rooms(state) {
      lookAtRooms(state)
      return rooms
    },
    totals(state) {
      lookAtRooms(state)
      return totals
    },
  }

  return {
    /** How to read one view. Made once for each key that is watched: thousands are read after every event. */
    reader<Key extends ViewKey>(key: Key): (state: State, facts: Facts) => ViewOf<Key> {
      const colon = key.indexOf(':')
      if (colon < 0) return whole[key as keyof Views] as (state: State, facts: Facts) => ViewOf<Key>
      const read = keyed[key.slice(0, colon) as keyof KeyedViews] as (state: State, id: string, facts: Facts) => ViewOf<Key>
      const id = key.slice(colon + 1)
      return (state, facts) => read(state, id, facts)
    },
  }
}

const sameItems = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, i) => item === b[i])

/** The latest activity first. Begins with the order of before, which is nearly right, and is kept where it still holds. */
function byActivity(rooms: State['rooms'], before: readonly string[]): readonly string[] {
  const known = before.filter((id) => rooms.has(id))
  const was = new Set(known)
  const added = [...rooms.keys()].filter((id) => !was.has(id))
  const placed = [...known, ...added].map((id) => ({ id, at: lastActivity(rooms.get(id)?.about) }))
  const ids = placed.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? -1 : 1)).map(({ id }) => id)
  return sameItems(ids, before) ? before : ids
}

const lastActivity = (about: JoinedRoom | undefined): string => about?.last_message?.created_at ?? about?.created_at ?? ''

function sums(rooms: State['rooms'], before: Totals): Totals {
  let unread = 0
  let mentions = 0
  for (const { about } of rooms.values()) {
    unread += about.membership.unread_count
    mentions += about.membership.mention_count
  }
  return unread === before.unread && mentions === before.mentions ? before : { unread, mentions }
}
