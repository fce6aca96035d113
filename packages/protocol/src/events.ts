/** What the server tells without being asked: lasting events of rooms and users, which carry a seq, and signals, which may be lost. */
import { z } from 'zod'
import { Message } from './messages.ts'
import { OutId, Seq, Time } from './primitives.ts'
import { JoinedRoom, Membership, Role, Room } from './rooms.ts'
import { Me, User } from './users.ts'

/** Starts every payload of a room's event. `seq` counts 1, 2, 3 … per room over all its events, without holes. */
export const RoomEventHead = z.object({
  room_id: OutId,
  seq: Seq,
  event_id: OutId,
  occurred_at: Time,
  actor_id: OutId.nullable(),
})
export type RoomEventHead = z.infer<typeof RoomEventHead>

/** Starts every payload of a user's own event. `user_seq` counts 1, 2, 3 … per user. */
export const UserEventHead = z.object({ user_id: OutId, user_seq: Seq, event_id: OutId, occurred_at: Time })
export type UserEventHead = z.infer<typeof UserEventHead>

/** What each room event says beside its head. */
export const ROOM_EVENTS = {
  message_sent: z.object({ message: Message }),
  message_edited: z.object({ message: Message }),
  message_deleted: z.object({ message_id: OutId }),
  message_recalled: z.object({ message_id: OutId }),
  reaction_added: z.object({ message_id: OutId, user_id: OutId, emoji: z.string() }),
  reaction_removed: z.object({ message_id: OutId, user_id: OutId, emoji: z.string() }),
  message_pinned: z.object({ message_id: OutId }),
  message_unpinned: z.object({ message_id: OutId }),
  room_created: z.object({ room: Room }),
  /** `changes` names the fields that changed. */
  room_updated: z.object({ room: Room, changes: z.array(z.string()) }),
  room_deleted: z.object({}),
  /** `muted_until`: a mute outlasts leaving. */
  user_joined_room: z.object({ user: User, member_count: z.int(), muted_until: Time.nullable() }),
  user_left_room: z.object({ user_id: OutId, member_count: z.int() }),
  member_kicked: z.object({ user_id: OutId, until: Time.nullable(), banned: z.boolean(), member_count: z.int() }),
  member_role_changed: z.object({ user_id: OutId, role: Role }),
  member_muted: z.object({ user_id: OutId, muted_until: Time.nullable() }),
} as const

export type RoomEventType = keyof typeof ROOM_EVENTS
export type RoomEventBody<Type extends RoomEventType> = z.infer<(typeof ROOM_EVENTS)[Type]>

export const RoomRemovalReason = z.enum(['left', 'kicked', 'banned', 'room_deleted'])
export type RoomRemovalReason = z.infer<typeof RoomRemovalReason>

/** Something that happened for a person who may be away. */
export const Notification = z
  .object({
    id: OutId,
    kind: z.enum(['mention', 'direct_message', 'reply', 'added_to_room']),
    room_id: OutId.nullable(),
    message_id: OutId.nullable(),
    actor_id: OutId.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Notification' })
export type Notification = z.infer<typeof Notification>

/** What each user event says beside its head. They reach only the connections of that user. */
export const USER_EVENTS = {
  room_added: z.object({ room: JoinedRoom.omit({ membership: true }), membership: Membership }),
  room_removed: z.object({ room_id: OutId, reason: RoomRemovalReason }),
  read_marker_moved: z.object({ room_id: OutId, last_read_seq: Seq, unread_count: z.int(), mention_count: z.int() }),
  notification: z.object({ notification: Notification }),
  user_updated: z.object({ user: Me }),
} as const

export type UserEventType = keyof typeof USER_EVENTS
export type UserEventBody<Type extends UserEventType> = z.infer<(typeof USER_EVENTS)[Type]>

export const PresenceStatus = z.enum(['online', 'away', 'busy', 'invisible'])
export type PresenceStatus = z.infer<typeof PresenceStatus>

/** Signals have no seq and may be lost. A typing signal ends by itself after 8 s. */
export const SIGNALS = {
  user_typing: z.object({ room_id: OutId, user_id: OutId }),
  user_stopped_typing: z.object({ room_id: OutId, user_id: OutId }),
  presence_changed: z.object({ user_id: OutId, status: z.enum(['online', 'away', 'busy', 'offline']), last_seen_at: Time.nullable() }),
  system_event: z.object({
    event_type: z.enum(['maintenance', 'system_update', 'security_alert', 'feature_update']),
    message: z.string(),
    data: z.record(z.string(), z.unknown()).optional(),
  }),
} as const

export type SignalType = keyof typeof SIGNALS
export type SignalBody<Type extends SignalType> = z.infer<(typeof SIGNALS)[Type]>

export type RoomEvent = { [Type in RoomEventType]: { type: Type; payload: RoomEventHead & RoomEventBody<Type> } }[RoomEventType]
export type UserEvent = { [Type in UserEventType]: { type: Type; payload: UserEventHead & UserEventBody<Type> } }[UserEventType]
export type Signal = { [Type in SignalType]: { type: Type; payload: SignalBody<Type> } }[SignalType]

/** An event of a room's log, exactly as on the socket. */
export const LoggedEvent = z
  .object({ type: z.enum(Object.keys(ROOM_EVENTS) as [RoomEventType, ...RoomEventType[]]), payload: z.looseObject(RoomEventHead.shape) })
  .meta({ id: 'Event' })

/** A part of a room's log: events ascending by seq, and where the log ends now. */
export const EventPage = z.object({ items: z.array(LoggedEvent), last_seq: Seq, has_more: z.boolean() }).meta({ id: 'EventPage' })
export type EventPage = { items: RoomEvent[]; last_seq: number; has_more: boolean }
