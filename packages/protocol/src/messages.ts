/** Messages, reactions, history and search. */
import { z } from 'zod'
import { DEFAULT_LIMITS, FIXED_LIMITS as L } from './limits.ts'
import { filledText, Id, Limit, Moment, OutId, Page, QuerySeq, Seq, text, Time, Url, VISIBLE, visibleLine } from './primitives.ts'
import { User } from './users.ts'

export const MessageType = z.enum(['text', 'image', 'file'])

/** A file that hangs on a message, by its address. `size` is in bytes. */
export const Attachment = z
  .object({
    url: Url,
    name: visibleLine(255),
    content_type: text(1, 127).optional(),
    size: z.int().min(0).optional(),
    width: z.int().min(1).optional(),
    height: z.int().min(1).optional(),
  })
  .meta({ id: 'Attachment' })
export type Attachment = z.infer<typeof Attachment>

/** `me`: whether the reader is among them. In events, which are the same for all readers, it is false. */
export const Reaction = z.object({ emoji: z.string(), count: z.int(), me: z.boolean() }).meta({ id: 'Reaction' })
export type Reaction = z.infer<typeof Reaction>

/** The message that is answered; `excerpt` is empty once that message is gone. */
export const ReplyTo = z.object({ id: OutId, seq: Seq, sender: User, excerpt: z.string() }).meta({ id: 'ReplyTo' })
export type ReplyTo = z.infer<typeof ReplyTo>

/** A recalled or deleted message keeps its place and seq; its content is "" and its attachments are gone. */
export const Message = z
  .object({
    id: OutId,
    room_id: OutId,
    seq: Seq,
    sender: User,
    content: z.string(),
    message_type: MessageType,
    attachments: z.array(Attachment),
    reply_to: ReplyTo.nullable(),
    mentions: z.array(OutId),
    reactions: z.array(Reaction),
    pinned: z.boolean(),
    created_at: Time,
    edited_at: Time.nullable(),
    state: z.enum(['sent', 'recalled', 'deleted']),
    client_id: OutId.nullable(),
    on_behalf_of: User.nullable(),
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

/**
 * Ascending by seq. `last_seq` is the room's head in the very snapshot that the page was read from: with it a client joins the page and
 * the events that arrive meanwhile without counting a reaction twice.
 */
export const MessagePage = z
  .object({ items: z.array(Message), has_more_before: z.boolean(), has_more_after: z.boolean(), last_seq: Seq })
  .meta({ id: 'MessagePage' })
export type MessagePage = z.infer<typeof MessagePage>

/** `highlights`: where the words were found in the content, as [start, end) in UTF-16 units. */
export const FoundMessage = z
  .object({ message: Message, highlights: z.array(z.object({ start: z.int(), end: z.int() })) })
  .meta({ id: 'FoundMessage' })
export type FoundMessage = z.infer<typeof FoundMessage>

export const Content = filledText(DEFAULT_LIMITS.message_characters)
export const MessageId = z.object({ message_id: Id })
export const SendMessage = z.object({
  content: Content,
  client_id: Id,
  message_type: MessageType.default('text'),
  reply_to_message_id: Id.nullable().optional(),
  attachments: z.array(Attachment).max(L.attachments).optional(),
})
export const EditMessage = z.object({ content: Content })
export const Emoji = text(1, L.emoji).refine(
  (value) => VISIBLE.test(value) && !/[\s\p{C}]/u.test(value.replaceAll(/[\u200d\u{e0020}-\u{e007f}]/gu, '')),
  { message: 'must be an emoji or a short word without white space', params: { rule: 'emoji' } },
)
export const MessageReaction = z.object({ message_id: Id, emoji: Emoji })
/** At most one of the three; without any, the newest messages. */
export const ListMessages = z
  .object({ before_seq: QuerySeq.optional(), after_seq: QuerySeq.optional(), around_seq: QuerySeq.optional(), limit: Limit })
  .refine((q) => [q.before_seq, q.after_seq, q.around_seq].filter((seq) => seq !== undefined).length <= 1, {
    path: ['before_seq'],
    message: 'give at most one of before_seq, after_seq and around_seq',
    params: { rule: 'one_of' },
  })
export const MarkRead = z.object({ seq: Seq })
export const GetEvents = z.object({ after_seq: QuerySeq, limit: Limit })
export const SearchMessages = Page.extend({
  q: filledText(200),
  room_id: Id.optional(),
  from_user_id: Id.optional(),
  after: Moment.optional(),
  before: Moment.optional(),
})
