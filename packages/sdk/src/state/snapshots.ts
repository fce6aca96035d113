/** How whole descriptions of a room, from `ready` or fetched, are laid over what is known: at once, or when its events have come that far. */
import type { CaughtUp, JoinedRoom, Ready, RoomRemovalReason } from '@teahouse/protocol'
import { moveMarker, recount, unreadAfter, withCounts } from './counts.ts'
import type { Input } from './input.ts'
import { meet, sendersOf } from './people.ts'
import type { Departure, RoomState, State } from './state.ts'
import { newTimeline } from './timeline.ts'

const DEPARTED_KEPT = 50

/** A room of which nothing is known but this description. */
export function newRoom(about: JoinedRoom, epoch = 0, lastMessageTold = true): RoomState {
  const joints = {
    after: about.last_seq,
    recent: [],
    ahead: new Map(),
    upcoming: null,
    countsUncertain: false,
    lastMessageUnknown: !lastMessageTold,
  }
  return { about, timeline: newTimeline(about, epoch, lastMessageTold), members: null, pins: null, typing: new Map(), joints }
}

export function takeReady(
  state: State,
  { payload: ready, resumed, unnamed, other_history = false }: Extract<Input, { type: 'ready' }>,
): State {
  const carriesOn = resumed && state.me?.id === ready.user.id
  const rooms = new Map<string, RoomState>()
  for (const about of ready.rooms) {
    const known = carriesOn ? state.rooms.get(about.id) : undefined
    const unheard = unnamed?.has(about.id) === true && (other_history || known?.about.last_seq !== about.last_seq)
    if (!known) rooms.set(about.id, newRoom(about))
    else rooms.set(about.id, unheard ? startedAnew(known, about) : silenced(laidOver(known, about, ready.user.id)))
  }
  const gone = carriesOn ? [...state.rooms.values()].filter((room) => !rooms.has(room.about.id)) : []
  let departed = carriesOn ? state.departed : new Map<string, Departure>()
  for (const room of gone) departed = withDeparture(departed, room.about, null)
  const next = {
    me: ready.user,
    session_id: ready.session_id,
    user_seq: ready.user_seq,
    rooms,
    departed: withoutMembers(departed, rooms),
    users: carriesOn ? state.users : new Map(),
    presence: new Map(),
  }
  return meet(next, peopleOf(ready.user, ready.rooms))
}

function* peopleOf(me: Ready['user'], rooms: readonly JoinedRoom[]) {
  yield me
  for (const room of rooms) {
    if (room.members) yield* room.members
    if (room.last_message) yield* sendersOf([room.last_message])
  }
}

// Signals may have been lost meanwhile: nobody types any more, and who is online has to be asked again.
function silenced(room: RoomState): RoomState {
  return { ...room, typing: new Map(), members: room.members && { ...room.members, stale: true } }
}

/** Lays a description over a known room: now, later when it is ahead of the events, or anew when the server knows less than we do. */
export function laidOver(room: RoomState, about: JoinedRoom, myId: string): RoomState {
  if (about.last_seq > room.about.last_seq) return { ...room, joints: { ...room.joints, upcoming: about } }
  return about.last_seq === room.about.last_seq ? installed(room, about, myId) : startedAnew(room, about)
}

/** Takes over the description that was waiting, once the events have reached it. */
export function installUpcoming(room: RoomState, myId: string): RoomState {
  const { upcoming } = room.joints
  if (!upcoming || upcoming.last_seq > room.about.last_seq) return room
  const done = { ...room, joints: { ...room.joints, upcoming: null } }
  return upcoming.last_seq === room.about.last_seq ? installed(done, upcoming, myId) : done
}

function installed(room: RoomState, about: JoinedRoom, myId: string): RoomState {
  const mine = room.about.membership
  const next = { ...room, about, joints: { ...room.joints, countsUncertain: false, lastMessageUnknown: false } }
  // What was read here may be further than the server has heard.
  return mine.last_read_seq > about.membership.last_read_seq ? moveMarker(next, mine.last_read_seq, mine, myId) : recount(next, myId)
}

const startedAnew = (room: RoomState, about: JoinedRoom): RoomState => newRoom(about, room.timeline.epoch + 1)

export function takeCaughtUp(state: State, { reset }: CaughtUp): State {
  if (reset.length === 0) return state
  const rooms = new Map(state.rooms)
  for (const id of reset) {
    const room = rooms.get(id)
    if (room) rooms.set(id, startedAnew(room, room.joints.upcoming ?? room.about))
  }
  return { ...state, rooms }
}

/** A room fetched by itself. One that is older than what is known corrects only the counts. */
export function takeRoom(state: State, about: JoinedRoom): State {
  if (!state.me) return state
  const known = state.rooms.get(about.id)
  const room = !known
    ? newRoom(about)
    : about.last_seq >= known.about.last_seq
      ? laidOver(known, about, state.me.id)
      : recounted(known, about, state.me.id)
  const next = { ...state, rooms: new Map(state.rooms).set(about.id, room) }
  return meet({ ...next, departed: withoutMembers(next.departed, next.rooms) }, about.members ?? [])
}

// Counted at an older head: what came since is in the latest stretch. Unless an older message changed meanwhile, the sum is right.
function recounted(room: RoomState, about: JoinedRoom, myId: string): RoomState {
  const { membership } = about
  if (!room.joints.countsUncertain || membership.last_read_seq !== room.about.membership.last_read_seq) return room
  const since = unreadAfter(room, Math.max(about.last_seq, membership.last_read_seq), myId)
  const changed = about.last_seq < room.joints.after || room.joints.recent.some((event) => event.payload.seq > about.last_seq)
  const unread_count = Math.min(100, membership.unread_count + since.unread_count)
  return withCounts(room, { unread_count, mention_count: Math.min(100, membership.mention_count + since.mention_count) }, changed)
}

/** A room I came into. The log says nothing of what was spoken there before, so unless it is new it has to be fetched. */
export function takeRoomAdded(state: State, about: JoinedRoom): State {
  const known = state.rooms.get(about.id)
  if (known && known.about.last_seq >= about.last_seq) return state
  const rooms = new Map(state.rooms).set(about.id, newRoom(about, 0, about.last_seq <= 1))
  return meet({ ...state, rooms, departed: withoutMembers(state.departed, rooms) }, about.members ?? [])
}

/** Takes a room away and remembers why. */
export function departFrom(state: State, roomId: string, reason: RoomRemovalReason | null): State {
  const room = state.rooms.get(roomId)
  const known = state.departed.get(roomId)
  if (!room && (!known || known.reason !== null)) return state
  const about = room?.about ?? known?.room
  if (!about) return state
  const rooms = new Map(state.rooms)
  rooms.delete(roomId)
  return { ...state, rooms, departed: withDeparture(state.departed, about, reason) }
}

function withDeparture(departed: ReadonlyMap<string, Departure>, room: JoinedRoom, reason: RoomRemovalReason | null) {
  const next = new Map(departed)
  next.delete(room.id)
  next.set(room.id, { room, reason })
  return new Map([...next].slice(-DEPARTED_KEPT))
}

export function withoutMembers(departed: ReadonlyMap<string, Departure>, rooms: ReadonlyMap<string, RoomState>) {
  const kept = [...departed].filter(([id]) => !rooms.has(id))
  return kept.length === departed.size ? departed : new Map(kept)
}
