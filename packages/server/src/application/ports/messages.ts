/** What messages need from the database, and the writer that every sent message goes through. */
import type { Message, MessagePage, User } from '@teahouse/protocol'
import type { PageOf, PageRequest } from '../../domain/page.ts'

/** A message that was checked by the rules and waits for its number. */
export type Draft = {
  readonly id: string
  readonly room_id: string
  readonly sender: User
  readonly client_id: string
  readonly content: string
  readonly message_type: Message['message_type']
  readonly reply_to: string | null
  readonly attachments: Message['attachments']
  /** Usernames, in lower case, that may turn out to be those of members. */
  readonly mention_names: readonly string[]
}

/** `replayed`: this client_id was answered before, and this is that answer. */
export type Sent = { message_id: string; seq: number; created_at: string; replayed: boolean }

/**
 * Group commit: drafts that wait are appended together, each room's in the order in which they came. Rejects with what the statement refused
 * (room_not_found, not_a_member, banned_from_room, account_suspended, muted, slow_mode, message_not_found, idempotency_mismatch), and with
 * `unavailable` when the database is down or too many drafts wait.
 */
export type MessageWriter = { append(draft: Draft): Promise<Sent> }

/** A message as a rule needs it. */
export type StoredMessage = {
  readonly id: string
  readonly room_id: string
  readonly seq: number
  readonly sender_id: string
  readonly content: string
  readonly state: Message['state']
  readonly created_at: string
  readonly mentions: readonly string[]
  readonly pinned: boolean
}

/** Messages before `pivot` (at most `before`) and from `pivot` on (at most `after`). */
export type Window = { readonly pivot: number; readonly before: number; readonly after: number }

export type MessageStore = {
  stored(messageId: string): Promise<StoredMessage | undefined>
  /** `viewerId` null: as in events, where `me` is false. */
  view(messageId: string, viewerId: string | null): Promise<Message | undefined>
  /** Undefined when the viewer is not a member: one question instead of two. */
  history(roomId: string, window: Window, viewerId: string): Promise<MessagePage | undefined>
  /** Keeps the text of the event that sent it as it was, then changes the message. */
  edit(message: StoredMessage, content: string, mentionNames: readonly string[], now: string): Promise<void>
  /** Empties the message and everything in the log that held its text. */
  erase(message: StoredMessage, state: 'deleted' | 'recalled'): Promise<void>
  /** `known`: it was there already. `full`: the message carries as many different ones as it may. */
  addReaction(messageId: string, userId: string, emoji: string, now: string): Promise<'added' | 'known' | 'full'>
  /** False when it was not there. */
  removeReaction(messageId: string, userId: string, emoji: string): Promise<boolean>
  setPinned(messageId: string, at: string | null): Promise<void>
  /** Last pinned first. */
  pins(roomId: string, page: PageRequest, viewerId: string): Promise<PageOf<Message>>
}
