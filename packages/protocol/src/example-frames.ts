/** One example for every command with its reply, every event, every signal and every other frame of the server. */
import type { CommandInput, CommandReply, CommandType } from './commands.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import type {
  RoomEventBody,
  RoomEventHead,
  RoomEventType,
  SignalBody,
  SignalType,
  UserEventBody,
  UserEventHead,
  UserEventType,
} from './events.ts'
import * as w from './example-world.ts'
import type { ControlFrame, ErrorObject } from './frames.ts'
import { DEFAULT_LIMITS } from './limits.ts'

const inRoom = { room_id: w.ROOM_ID }
const ofMessage = { message_id: w.MESSAGE_ID }
const { membership: _, ...room } = w.MY_ROOM
const sentEvent = {
  type: 'message_sent' as const,
  payload: { ...inRoom, seq: 3, event_id: w.MESSAGE_ID, occurred_at: w.SENT, actor_id: w.LIN_ID, message: w.MESSAGE },
}

export const COMMAND_EXAMPLES: {
  readonly [Type in CommandType]: { readonly payload: CommandInput<Type>; readonly reply: CommandReply<Type>; readonly as?: 'amara' }
} = {
  authenticate: { payload: { token: w.ACCESS_TOKEN, resume: { rooms: { [w.ROOM_ID]: 2 }, user_seq: 1, epoch: w.EPOCH } }, reply: {} },
  send_message: {
    payload: { ...inRoom, content: w.MESSAGE.content, client_id: w.CLIENT_ID },
    reply: { message_id: w.MESSAGE_ID, seq: 3, created_at: w.SENT, replayed: false },
  },
  edit_message: { payload: { ...ofMessage, content: w.EDITED_MESSAGE.content }, reply: { seq: 4 } },
  delete_message: { payload: ofMessage, reply: { seq: 8 } },
  recall_message: { payload: ofMessage, reply: { seq: 7 } },
  add_reaction: { payload: { ...ofMessage, emoji: '🍵' }, reply: { seq: 5 }, as: 'amara' },
  remove_reaction: { payload: { ...ofMessage, emoji: '🍵' }, reply: { seq: 6 }, as: 'amara' },
  join_room: { payload: inRoom, reply: { room: { ...room, member_count: 2, last_seq: 2 }, membership: w.AS_MEMBER }, as: 'amara' },
  leave_room: { payload: inRoom, reply: {}, as: 'amara' },
  mark_read: { payload: { ...inRoom, seq: 3 }, reply: { last_read_seq: 3, unread_count: 0, mention_count: 0 }, as: 'amara' },
  typing_start: { payload: inRoom, reply: {} },
  typing_stop: { payload: inRoom, reply: {} },
  set_presence: { payload: { status: 'away' }, reply: {} },
  get_events: { payload: { ...inRoom, after_seq: 2 }, reply: { items: [sentEvent], last_seq: 3, has_more: false } },
  heartbeat: { payload: {}, reply: { server_time: w.NOW, heads: { [w.ROOM_ID]: 3 } } },
  ping: { payload: {}, reply: {} },
}

const ROOM_EVENT_BODIES: { readonly [Type in RoomEventType]: RoomEventBody<Type> } = {
  message_sent: { message: w.MESSAGE },
  message_edited: { message: w.EDITED_MESSAGE },
  message_deleted: ofMessage,
  message_recalled: ofMessage,
  reaction_added: { ...ofMessage, user_id: w.AMARA_ID, emoji: '🍵' },
  reaction_removed: { ...ofMessage, user_id: w.AMARA_ID, emoji: '🍵' },
  message_pinned: ofMessage,
  message_unpinned: ofMessage,
  room_created: { room: w.ROOM },
  room_updated: { room: { ...w.ROOM, slow_mode_s: 5, last_seq: 4 }, changes: ['slow_mode_s'] },
  room_deleted: {},
  user_joined_room: { user: w.AMARA, member_count: 2, muted_until: null },
  user_left_room: { user_id: w.AMARA_ID, member_count: 1 },
  member_kicked: { user_id: w.JONAS_ID, until: null, banned: false, member_count: 2 },
  member_role_changed: { user_id: w.AMARA_ID, role: 'admin' },
  member_muted: { user_id: w.JONAS_ID, muted_until: w.TOMORROW },
}

const USER_EVENT_BODIES: { readonly [Type in UserEventType]: UserEventBody<Type> } = {
  room_added: { room, membership: w.AS_MEMBER },
  room_removed: { ...inRoom, reason: 'kicked' },
  read_marker_moved: { ...inRoom, last_read_seq: 3, unread_count: 0, mention_count: 0 },
  notification: {
    notification: {
      id: w.NOTIFICATION_ID,
      kind: 'mention',
      room_id: w.ROOM_ID,
      message_id: w.MESSAGE_ID,
      actor_id: w.LIN_ID,
      created_at: w.SENT,
    },
  },
  user_updated: { user: { ...w.ME, status_text: 'brewing' } },
}

export const SIGNAL_EXAMPLES: { readonly [Type in SignalType]: SignalBody<Type> } = {
  user_typing: { ...inRoom, user_id: w.AMARA_ID },
  user_stopped_typing: { ...inRoom, user_id: w.AMARA_ID },
  presence_changed: { user_id: w.AMARA_ID, status: 'offline', last_seen_at: w.NOW },
  system_event: { event_type: 'maintenance', message: 'Back in five minutes, at 09:05.', data: { minutes: 5 } },
}

type ControlType = ControlFrame['type']
type ControlPayload<Type extends ControlType> = Extract<ControlFrame, { type: Type }>['payload']

/** A refusal as the server words it. */
export function errorExample(code: ErrorCode): ErrorObject {
  const { message, retry } = ERRORS[code]
  const details = [{ field: 'name', rule: 'too_long', message: 'must have at most 64 characters' }]
  return {
    code,
    message,
    retryable: retry !== 'no',
    request_id: w.REQUEST_ID,
    ...(code === 'validation_failed' ? { details } : {}),
    ...(code === 'rate_limited' || code === 'slow_mode' ? { retry_after_ms: 1500 } : {}),
  }
}

export const CONTROL_EXAMPLES: { readonly [Type in ControlType]: ControlPayload<Type> } = {
  hello: { protocol: 1, server_time: w.NOW, heartbeat_interval_ms: 25_000, limits: { ...DEFAULT_LIMITS } },
  ready: { user: w.ME, session_id: w.SESSION_ID, connection_id: w.CONNECTION_ID, rooms: [w.MY_ROOM], user_seq: 1, epoch: w.EPOCH },
  caught_up: { rooms: { [w.ROOM_ID]: 3 }, reset: [] },
  going_away: { reason: 'shutdown', reconnect_after_ms: 1000 },
  reply: COMMAND_EXAMPLES.send_message.reply,
  error: errorExample('not_a_member'),
  pong: {},
}

const roomHead: RoomEventHead = { ...inRoom, seq: 4, event_id: w.EVENT_ID, occurred_at: w.NOW, actor_id: w.LIN_ID }
const userHead: UserEventHead = { user_id: w.LIN_ID, user_seq: 2, event_id: w.EVENT_ID, occurred_at: w.NOW }
const headed = <Type extends string>(head: object, bodies: Readonly<Record<Type, object>>) =>
  Object.fromEntries(Object.entries<object>(bodies).map(([type, body]) => [type, { ...head, ...body }])) as Record<Type, object>

/** Whole payloads, head and body. */
export const ROOM_EVENT_EXAMPLES = { ...headed(roomHead, ROOM_EVENT_BODIES), message_sent: sentEvent.payload }
export const USER_EVENT_EXAMPLES = headed(userHead, USER_EVENT_BODIES)
