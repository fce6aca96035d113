/** What messages need from the database, and the writer that every sent message goes through. */
import type { ErrorCode, FoundMessage, Message, User } from '@teahouse/protocol'
import type { PageOf, PageRequest } from '../../domain/page.ts'

/** A message that was checked by the rules and waits for its number. */
export type Draft = {
  room_id: string
  sender: User
  client_id: string
  id: string
  content: string
  message_type: Message['message_type']
  reply_to: string | null
  attachments: Message['attachments']
  /** Usernames, in lower case, that may turn out to be members. */
  mention_names: readonly string[]
}

/** `replayed`: this client_id was answered before, and this is that answer. */
export type Sent = { message_id: string; seq: number; created_at: string; replayed: boolean }

/** Group commit: drafts that wait are appended together. Rejects with ChatError: what the statement refused, or `unavailable` when too many wait. */
export type MessageWriter = { append(draft: Draft): Promise<Sent> }

/** A message as a rule needs it, its room locked. */
export type StoredMessage = {
  id: string
  room_id: string
  seq: number
  sender_id: string
  content: string
  state: Message['state']
  created_at: string
  pinned: boolean
}

export type MessageStore = {
  roomOf(messageId: string): Promise<string | undefined>
  stored(messageId: string): Promise<StoredMessage | undefined>
  /** `viewerId` null: as in events, where `me` is false. */
  view(messageId: string, viewerId: string | null): Promise<Message | undefined>
  /** Ascending by seq, at most `limit`, on one side of `seq`. */
  before(roomId: string, seq: number, limit: number, viewerId: string): Promise<Message[]>
  after(roomId: string, seq: number, limit: number, viewerId: string): Promise<Message[]>
  /** Keeps the text of earlier events as it was, then changes the message. Returns the mentions of the new text. */
  edit(message: StoredMessage, content: string, mentionNames: readonly string[], now: string): Promise<void>
  /** Empties the message and every event that held its text. */
  erase(message: StoredMessage, state: 'deleted' | 'recalled'): Promise<void>
  /** False when it was there (or not there) already. */
  addReaction(messageId: string, userId: string, emoji: string, now: string): Promise<boolean>
  removeReaction(messageId: string, userId: string, emoji: string): Promise<boolean>
  countEmoji(messageId: string): Promise<number>
  setPinned(messageId: string, at: string | null): Promise<void>
  pins(roomId: string, page: PageRequest, viewerId: string): Promise<PageOf<Message>>
  search(
    viewerId: string,
    query: PageRequest & {
      q: string
      room_id?: string | undefined
      from_user_id?: string | undefined
      after?: string | undefined
      before?: string | undefined
    },
  ): Promise<PageOf<FoundMessage>>
}

export type SendRefusal = Extract<
  ErrorCode,
  | 'room_not_found'
  | 'not_a_member'
  | 'banned_from_room'
  | 'account_suspended'
  | 'muted'
  | 'slow_mode'
  | 'message_not_found'
  | 'idempotency_mismatch'
>
