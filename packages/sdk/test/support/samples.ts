/** People, rooms, messages and events as a server would describe them. */
import type {
  JoinedRoom,
  Me,
  Membership,
  Message,
  Ready,
  RoomEvent,
  RoomEventBody,
  RoomEventType,
  Session,
  User,
  UserEvent,
} from '@teahouse/protocol'

const TIME = '2026-11-21T08:00:00.000Z'
let lastId = 0
/** Ids that are readable in failures and right by the schema. */
export const id = (n = ++lastId): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

export function newUser(n: number, changes: Partial<User> = {}): User {
  const username = `user${n}`
  return { id: id(n), username, display_name: username, avatar_url: null, status_text: null, is_bot: false, created_at: TIME, ...changes }
}

export const ME: Me = { ...newUser(1), email: 'me@example.org', status: 'active', is_admin: false }
export const ANN: User = newUser(2)
export const BOB: User = newUser(3)
export const ROOM = id(100)
export const OTHER_ROOM = id(101)
const { email: _email, status: _status, is_admin: _admin, ...mine } = ME
export const MY_USER: User = mine

export function newMembership(changes: Partial<Membership> = {}): Membership {
  return { role: 'member', joined_at: TIME, last_read_seq: 0, unread_count: 0, mention_count: 0, muted_until: null, ...changes }
}

export function newJoinedRoom(changes: Partial<Omit<JoinedRoom, 'membership'>> & { membership?: Partial<Membership> } = {}): JoinedRoom {
  const { membership, ...rest } = changes
  return {
    id: ROOM,
    kind: 'group',
    name: 'tea',
    description: null,
    owner_id: ANN.id,
    is_private: false,
    has_password: false,
    max_members: 10_000,
    member_count: 2,
    slow_mode_s: 0,
    last_seq: 0,
    last_message: null,
    created_at: TIME,
    updated_at: TIME,
    ...rest,
    membership: newMembership(membership),
  }
}

export function newMessage(seq: number, changes: Partial<Message> = {}): Message {
  return {
    id: id(10_000 + seq),
    room_id: ROOM,
    seq,
    sender: ANN,
    content: `message ${seq}`,
    message_type: 'text',
    attachments: [],
    reply_to: null,
    mentions: [],
    reactions: [],
    pinned: false,
    created_at: new Date(Date.parse(TIME) + seq * 1000).toISOString(),
    edited_at: null,
    state: 'sent',
    client_id: null,
    on_behalf_of: null,
    ...changes,
  }
}

export function roomEvent<Type extends RoomEventType>(type: Type, seq: number, body: RoomEventBody<Type>, roomId = ROOM): RoomEvent {
  return {
    type,
    payload: { room_id: roomId, seq, event_id: id(50_000 + seq), occurred_at: TIME, actor_id: ANN.id, ...body },
  } as unknown as RoomEvent
}

/** A message_sent as the whole room hears it. */
export const sent = (seq: number, changes: Partial<Message> = {}): RoomEvent =>
  roomEvent('message_sent', seq, { message: newMessage(seq, changes) }, changes.room_id ?? ROOM)

export function userEvent<Type extends UserEvent['type']>(type: Type, user_seq: number, body: object): Extract<UserEvent, { type: Type }> {
  const payload = { user_id: ME.id, user_seq, event_id: id(70_000 + user_seq), occurred_at: TIME, ...body }
  return { type, payload } as unknown as Extract<UserEvent, { type: Type }>
}

export function newReady(rooms: JoinedRoom[] = [], changes: Partial<Ready> = {}): Ready {
  return { user: ME, session_id: id(900), connection_id: id(901), rooms, user_seq: 0, epoch: id(902), ...changes }
}

export function newSession(n = 1, changes: Partial<Session> = {}): Session {
  return { user: ME, access_token: `access-${n}`, refresh_token: `refresh-${n}`, token_type: 'Bearer', expires_in: 3_600, ...changes }
}
