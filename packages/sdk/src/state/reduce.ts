/** The reducer: what is known, and one thing heard, give what is known next. Pure; the same inputs always give the same state. */
import type { RoomEvent, UserEvent } from '@teahouse/protocol'
import { moveMarker } from './counts.ts'
import type { Input } from './input.ts'
import { takeMembers, takeMessages, takePins } from './pages.ts'
import { expireTyping, meet, meetMembers, sendersOf, takeSignal } from './people.ts'
import { applyRoomEvent } from './room-events.ts'
import { withMe } from './profile.ts'
import { departFrom, takeCaughtUp, takeReady, takeRoom, takeRoomAdded } from './snapshots.ts'
import { EMPTY_STATE, type RoomState, type State } from './state.ts'
import { shortened } from './timeline.ts'

/**
 * Answers the next state, or the same object when nothing changed. Repeats of lasting events change nothing, and neither does an event
 * that comes before the ones it follows: the caller brings them in order. `now` is in milliseconds; only typing looks at it.
 */
export function reduce(state: State, input: Input, now = 0): State {
  if (isRoomEvent(input)) return takeRoomEvent(state, input)
  if (isUserEvent(input)) return takeUserEvent(state, input)
  switch (input.type) {
    case 'ready':
      return takeReady(state, input)
    case 'caught_up':
      return takeCaughtUp(state, input.payload)
    case 'messages_loaded': {
      const next = inRoom(state, input.room_id, (room, myId) => takeMessages(room, input, myId))
      return meet(next, sendersOf(input.page.items))
    }
    case 'members_loaded':
      return meetMembers(
        inRoom(state, input.room_id, (room) => takeMembers(room, input)),
        input.page.items,
      )
    case 'pins_loaded':
      return inRoom(state, input.room_id, (room, myId) => takePins(room, input, myId))
    case 'room_loaded':
      return takeRoom(state, input.room)
    case 'room_lost':
      return departFrom(state, input.room_id, input.reason)
    case 'read_here':
      return inRoom(state, input.room_id, (room, myId) => moveMarker(room, Math.min(input.seq, room.about.last_seq), null, myId))
    case 'read_answered':
      return inRoom(state, input.room_id, (room, myId) => moveMarker(room, input.last_read_seq, input, myId))
    case 'timeline_closed':
      return inRoom(state, input.room_id, (room) => ({ ...room, timeline: shortened(room.timeline) }))
    case 'me_loaded':
      return withMe(state, input.user)
    case 'time_passed':
      return expireTyping(state, now)
    case 'signed_out':
      return EMPTY_STATE
    default:
      return takeSignal(state, input, now)
  }
}

/** A lasting event of a room, of a type known here or not. */
export const isRoomEvent = (input: { type: string; payload?: object }): input is RoomEvent =>
  input.payload !== undefined && 'event_id' in input.payload && 'seq' in input.payload

/** A lasting event of my own. */
export const isUserEvent = (input: { type: string; payload?: object }): input is UserEvent =>
  input.payload !== undefined && 'event_id' in input.payload && 'user_seq' in input.payload

function inRoom(state: State, roomId: string, change: (room: RoomState, myId: string) => RoomState): State {
  const room = state.rooms.get(roomId)
  if (!room || !state.me) return state
  const next = change(room, state.me.id)
  return next === room ? state : { ...state, rooms: new Map(state.rooms).set(roomId, next) }
}

function takeRoomEvent(state: State, event: RoomEvent): State {
  const room = state.rooms.get(event.payload.room_id)
  if (!room || !state.me || event.payload.seq !== room.about.last_seq + 1) return state
  const next = inRoom(state, event.payload.room_id, (known, myId) => applyRoomEvent(known, event, myId))
  switch (event.type) {
    case 'message_sent':
    case 'message_edited':
      return meet(next, [event.payload.message.sender])
    case 'user_joined_room':
      return meet(next, [event.payload.user])
    case 'room_deleted':
      return departFrom(next, event.payload.room_id, 'room_deleted')
    case 'user_left_room':
    case 'member_kicked': {
      if (event.payload.user_id !== state.me.id) return next
      const reason = event.type === 'user_left_room' ? 'left' : event.payload.banned ? 'banned' : 'kicked'
      return departFrom(next, event.payload.room_id, reason)
    }
    default:
      return next
  }
}

function takeUserEvent(state: State, event: UserEvent): State {
  // `ready` contains everything up to its user_seq; only why a room is gone is not in it.
  if (event.payload.user_seq <= state.user_seq) {
    if (event.type !== 'room_removed' || state.rooms.has(event.payload.room_id)) return state
    return departFrom(state, event.payload.room_id, event.payload.reason)
  }
  const next = { ...state, user_seq: event.payload.user_seq }
  switch (event.type) {
    case 'room_added': {
      const { room, membership } = event.payload
      return takeRoomAdded(next, { ...room, membership })
    }
    case 'room_removed':
      return departFrom(next, event.payload.room_id, event.payload.reason)
    case 'read_marker_moved':
      return inRoom(next, event.payload.room_id, (room, myId) => moveMarker(room, event.payload.last_read_seq, event.payload, myId))
    case 'user_updated':
      return withMe(next, event.payload.user)
    default:
      return next
  }
}
