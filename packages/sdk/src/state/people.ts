/** Who everybody is, who is online and who is typing. */
import { FIXED_LIMITS } from '@teahouse/protocol/limits'
import type { Member, Message, Signal, User } from '@teahouse/protocol'
import type { RoomState, State } from './state.ts'

/** A typing signal ends by itself after this long. */
const TYPING_MS = FIXED_LIMITS.typingMs

/** Remembers people as they were just seen. */
export function meet(state: State, people: Iterable<User>): State {
  let users: Map<string, User> | null = null
  for (const user of people) {
    const known = (users ?? state.users).get(user.id)
    if (known && sameUser(known, user)) continue
    users ??= new Map(state.users)
    users.set(user.id, user)
  }
  return users ? { ...state, users } : state
}

export const sendersOf = (messages: Iterable<Message>): User[] => Array.from(messages, (message) => message.sender)

/** Whether they look the same to others. */
export function sameUser(a: User, b: User): boolean {
  return a.username === b.username && a.display_name === b.display_name && a.avatar_url === b.avatar_url && a.status_text === b.status_text
}

export function takeSignal(state: State, signal: Signal, now: number): State {
  switch (signal.type) {
    case 'user_typing':
      return changeTyping(state, signal.payload.room_id, (typing) => typing.set(signal.payload.user_id, now + TYPING_MS))
    case 'user_stopped_typing':
      return changeTyping(state, signal.payload.room_id, (typing) => typing.delete(signal.payload.user_id))
    case 'presence_changed': {
      const { user_id, status, last_seen_at } = signal.payload
      return { ...state, presence: new Map(state.presence).set(user_id, { status, last_seen_at }) }
    }
    default:
      return state // it changes nothing here, or it is a word that this client does not know yet
  }
}

/** Those in a page of members whose presence was not heard yet are as the page says. */
export function meetMembers(state: State, members: readonly Member[]): State {
  const presence = new Map(state.presence)
  for (const { user, online } of members) {
    const known = presence.get(user.id)
    if (!known || (known.status === 'offline') === online)
      presence.set(user.id, { status: online ? 'online' : 'offline', last_seen_at: known?.last_seen_at ?? null })
  }
  return meet(
    { ...state, presence },
    members.map((member) => member.user),
  )
}

function changeTyping(state: State, roomId: string, change: (typing: Map<string, number>) => unknown): State {
  const room = state.rooms.get(roomId)
  if (!room) return state
  const typing = new Map(room.typing)
  change(typing)
  return { ...state, rooms: new Map(state.rooms).set(roomId, { ...room, typing }) }
}

/** Whoever spoke or left has stopped typing. */
export function stopTyping(room: RoomState, userId: string): RoomState {
  if (!room.typing.has(userId)) return room
  const typing = new Map(room.typing)
  typing.delete(userId)
  return { ...room, typing }
}

/** Ends typing that has run out. */
export function expireTyping(state: State, now: number): State {
  const rooms = new Map(state.rooms)
  let changed = false
  for (const [id, room] of state.rooms) {
    const typing = new Map([...room.typing].filter(([, until]) => until > now))
    if (typing.size === room.typing.size) continue
    rooms.set(id, { ...room, typing })
    changed = true
  }
  return changed ? { ...state, rooms } : state
}
