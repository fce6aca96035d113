/** What a client may say on its socket: one table of commands, each with the shape of its payload and of its reply. */
import { z } from 'zod'
import { EventPage, PresenceStatus } from './events.ts'
import { FIXED_LIMITS as L } from './limits.ts'
import { EditMessage, MarkRead, MessageId, MessageReaction, SendMessage } from './messages.ts'
import { Id, OutId, Seq, text, Time } from './primitives.ts'
import { JoinedRoom, JoinRoom, RoomId } from './rooms.ts'

/** The last seq that the client has of each room; only what came after it is sent again. */
export const Resume = z.strictObject({
  rooms: z.record(Id, Seq).refine((rooms) => Object.keys(rooms).length <= L.resumeRooms, {
    message: `may name at most ${L.resumeRooms} rooms`,
    params: { rule: 'too_many' },
  }),
  user_seq: Seq.optional(),
  /** Of the `ready` after which these seqs were heard. Under another epoch all of them are answered with `reset`. */
  epoch: Id.optional(),
})
export type Resume = z.infer<typeof Resume>

export const Authenticate = z
  .strictObject({ token: text(1, 4096).optional(), ticket: text(1, 512).optional(), resume: Resume.optional() })
  .refine((c) => (c.token === undefined) !== (c.ticket === undefined), {
    path: ['token'],
    message: 'give either token or ticket',
    params: { rule: 'one_of' },
  })
export type Authenticate = z.infer<typeof Authenticate>

const AtSeq = z.object({ seq: Seq })
const Nothing = z.object({})

/** Command → payload and reply. `authenticate` is answered by the frame `ready`, `ping` by `pong`. */
export const COMMANDS = {
  authenticate: { payload: Authenticate, reply: Nothing },
  send_message: {
    payload: SendMessage.extend(RoomId.shape),
    reply: z.object({ message_id: OutId, seq: Seq, created_at: Time, replayed: z.boolean() }),
  },
  edit_message: { payload: EditMessage.extend(MessageId.shape), reply: AtSeq },
  delete_message: { payload: MessageId, reply: AtSeq },
  recall_message: { payload: MessageId, reply: AtSeq },
  add_reaction: { payload: MessageReaction, reply: AtSeq },
  remove_reaction: { payload: MessageReaction, reply: AtSeq },
  join_room: {
    payload: JoinRoom.extend(RoomId.shape),
    reply: z.object({ room: JoinedRoom.omit({ membership: true }), membership: JoinedRoom.shape.membership }),
  },
  leave_room: { payload: RoomId, reply: Nothing },
  mark_read: {
    payload: MarkRead.extend(RoomId.shape),
    reply: z.object({ last_read_seq: Seq, unread_count: z.int(), mention_count: z.int() }),
  },
  typing_start: { payload: RoomId, reply: Nothing },
  typing_stop: { payload: RoomId, reply: Nothing },
  set_presence: { payload: z.object({ status: PresenceStatus }), reply: Nothing },
  get_events: {
    payload: RoomId.extend({ after_seq: Seq, limit: z.int().min(1).max(L.page.max).default(L.page.default) }),
    reply: EventPage,
  },
  heartbeat: { payload: Nothing, reply: z.object({ server_time: Time, heads: z.record(OutId, Seq) }) },
  ping: { payload: Nothing, reply: Nothing },
} as const

export type CommandType = keyof typeof COMMANDS
export type CommandInput<Type extends CommandType> = z.input<(typeof COMMANDS)[Type]['payload']>
export type CommandPayload<Type extends CommandType> = z.output<(typeof COMMANDS)[Type]['payload']>
export type CommandReply<Type extends CommandType> = z.infer<(typeof COMMANDS)[Type]['reply']>

/** `id` marks a command that wants an answer; the answer carries it again. */
export const CommandFrame = z.object({
  type: z.string().min(1).max(64),
  id: text(1, L.clientFrameId).optional(),
  payload: z.record(z.string(), z.unknown()).default({}),
})
export type CommandFrame = z.infer<typeof CommandFrame>
