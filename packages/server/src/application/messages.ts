/** What can be done with messages. Sending has a path of its own: the writer. */
import {
  ChatError,
  type CommandPayload,
  type EventPage,
  FIXED_LIMITS,
  type List,
  type Membership,
  type Message,
  type MessagePage,
  type RoomEvent,
  type RouteInput,
} from '@teahouse/protocol'
import { newId } from '../domain/id.ts'
import { assertMaySpeak, assertMember, assertRuns, type Door } from '../domain/membership.ts'
import { assertAuthorMayChange, assertContentFits, assertExists, mentionNames } from '../domain/message.ts'
import type { RateLimits } from './ports/limits.ts'
import type { EventLog } from './ports/live.ts'
import type { MessageWriter, Sent, StoredMessage, Window } from './ports/messages.ts'
import type { Actor, Clock, Stores, Transaction, Write } from './ports/transaction.ts'
import type { Typing } from './typing.ts'

export type MessagePorts = {
  stores: Pick<Stores, 'rooms' | 'messages'>
  log: Pick<EventLog, 'events' | 'places'>
  write: Write
  writer: MessageWriter
  rates: RateLimits
  typing: Pick<Typing, 'stop'>
  clock: Clock
  limits: { message_characters: number; edit_window_s: number; recall_window_s: number }
}

type AtSeq = { seq: number }

export function createMessages({ stores, log, write, writer, rates, typing, clock, limits }: MessagePorts) {
  /** The message, for a member of its room. Throws message_not_found (also when the room may not be seen), not_a_member. */
  async function accessMessage(actor: Actor, messageId: string): Promise<StoredMessage> {
    const message = await stores.messages.stored(messageId)
    if (!message) throw new ChatError('message_not_found')
    assertReads(await stores.rooms.door(message.room_id, actor.user_id))
    return message
  }

  /** Changes a message under the lock of its room; what was read before the lock is read again. */
  async function changeMessage<Answer>(
    actor: Actor,
    messageId: string,
    change: (tx: Transaction, message: StoredMessage, door: Door & { role: string }) => Promise<Answer>,
  ) {
    const { room_id } = await accessMessage(actor, messageId)
    return write(actor, async (tx) => {
      await tx.lockRoom(room_id)
      const door = await tx.rooms.door(room_id, actor.user_id)
      assertReads(door)
      const message = await tx.messages.stored(messageId)
      if (!message) throw new ChatError('message_not_found')
      return change(tx, message, door)
    })
  }

  return {
    /** Synchronous up to the writer, so that one connection's messages keep their order. Throws rate_limited, validation_failed and what MessageWriter refuses. */
    async send(actor: Actor, input: CommandPayload<'send_message'>): Promise<Sent> {
      assertContentFits(input.content, limits.message_characters)
      rates.take('messages', actor.user_id)
      const sent = await writer.append({
        id: newId(clock.now().getTime()),
        room_id: input.room_id,
        sender: actor.user,
        client_id: input.client_id,
        content: input.content,
        message_type: input.message_type,
        reply_to: input.reply_to_message_id ?? null,
        attachments: input.attachments ?? [],
        mention_names: mentionNames(input.content),
      })
      if (!sent.replayed) typing.stop(input.room_id, actor.user_id) // who has said it no longer types it
      return sent
    },

    /** Throws room_not_found, not_a_member. */
    async list(actor: Actor, { room_id, limit, ...where }: RouteInput<'list_messages'>): Promise<MessagePage> {
      const page = await stores.messages.history(room_id, windowOf(where, limit), actor.user_id)
      if (page) return page
      assertMember(await stores.rooms.door(room_id, actor.user_id))
      throw new ChatError('not_a_member') // who came in only now asks again
    },

    /** Throws message_not_found, not_a_member. */
    async get(actor: Actor, { message_id }: RouteInput<'get_message'>): Promise<Message> {
      await accessMessage(actor, message_id)
      return viewed(await stores.messages.view(message_id, actor.user_id))
    },

    /** A message that the actor sent, whether or not he is still a member; when not, a repeat shows nothing of what others say or do about it. */
    async sent(actor: Actor, { message_id, replayed }: Pick<Sent, 'message_id' | 'replayed'>): Promise<Message> {
      const message = viewed(await stores.messages.view(message_id, actor.user_id))
      if (!replayed || (await stores.rooms.door(message.room_id, actor.user_id))?.role) return message
      return { ...message, reply_to: null, reactions: [], pinned: false }
    },

    /** Throws message_not_found, not_a_member, forbidden, muted, conflict, edit_window_closed, validation_failed. */
    edit(actor: Actor, { message_id, content }: RouteInput<'edit_message'>): Promise<Message & AtSeqOf> {
      assertContentFits(content, limits.message_characters)
      return changeMessage(actor, message_id, async (tx, message, door) => {
        assertAuthorMayChange(message, actor.user_id, tx.now, limits.edit_window_s, 'edit_window_closed')
        assertMaySpeak(door, tx.now)
        await tx.messages.edit(message, content, mentionNames(content), tx.now)
        const shown = viewed(await tx.messages.view(message_id, null))
        const event_seq = tx.emit.room(message.room_id, 'message_edited', actor.user_id, { message: shown }, message_id)
        return { ...viewed(await tx.messages.view(message_id, actor.user_id)), event_seq }
      })
    },

    /** The author, or those who run the room. A message that is gone already stays so. Throws message_not_found, not_a_member, forbidden. */
    delete(actor: Actor, { message_id }: RouteInput<'delete_message'>): Promise<AtSeq> {
      return changeMessage(actor, message_id, async (tx, message, door) => {
        if (message.sender_id !== actor.user_id) assertRuns(door as Door)
        if (message.state !== 'sent') return head(tx, message.room_id)
        await tx.messages.erase(message, 'deleted')
        return { seq: tx.emit.room(message.room_id, 'message_deleted', actor.user_id, { message_id }, message_id) }
      })
    },

    /** Throws message_not_found, not_a_member, forbidden, conflict, recall_window_closed. */
    recall(actor: Actor, { message_id }: RouteInput<'recall_message'>): Promise<Message & AtSeqOf> {
      return changeMessage(actor, message_id, async (tx, message) => {
        assertAuthorMayChange(message, actor.user_id, tx.now, limits.recall_window_s, 'recall_window_closed')
        await tx.messages.erase(message, 'recalled')
        const event_seq = tx.emit.room(message.room_id, 'message_recalled', actor.user_id, { message_id }, message_id)
        return { ...viewed(await tx.messages.view(message_id, actor.user_id)), event_seq }
      })
    },

    /** Twice is once. Throws message_not_found, not_a_member, muted, conflict. */
    addReaction(actor: Actor, { message_id, emoji }: RouteInput<'add_reaction'>): Promise<AtSeq> {
      return changeMessage(actor, message_id, async (tx, message, door) => {
        assertExists(message)
        assertMaySpeak(door, tx.now)
        const outcome = await tx.messages.addReaction(message_id, actor.user_id, emoji, tx.now)
        if (outcome === 'full')
          throw new ChatError('conflict', { message: `A message carries at most ${FIXED_LIMITS.reactions} different reactions.` })
        if (outcome === 'known') return head(tx, message.room_id)
        return {
          seq: tx.emit.room(message.room_id, 'reaction_added', actor.user_id, { message_id, user_id: actor.user_id, emoji }, message_id),
        }
      })
    },

    /** Throws message_not_found, not_a_member. */
    removeReaction(actor: Actor, { message_id, emoji }: RouteInput<'remove_reaction'>): Promise<AtSeq> {
      return changeMessage(actor, message_id, async (tx, message) => {
        if (!(await tx.messages.removeReaction(message_id, actor.user_id, emoji))) return head(tx, message.room_id)
        return {
          seq: tx.emit.room(message.room_id, 'reaction_removed', actor.user_id, { message_id, user_id: actor.user_id, emoji }, message_id),
        }
      })
    },

    /** Those who run the room; in a direct room everybody. Throws message_not_found, not_a_member, forbidden, conflict. */
    async pin(actor: Actor, { message_id }: RouteInput<'pin_message'>): Promise<void> {
      await changeMessage(actor, message_id, async (tx, message, door) => {
        assertMayPin(door as Door)
        assertExists(message)
        if (message.pinned) return
        await tx.messages.setPinned(message_id, tx.now)
        tx.emit.room(message.room_id, 'message_pinned', actor.user_id, { message_id }, message_id)
      })
    },

    /** Throws message_not_found, not_a_member, forbidden. */
    async unpin(actor: Actor, { message_id }: RouteInput<'unpin_message'>): Promise<void> {
      await changeMessage(actor, message_id, async (tx, message, door) => {
        assertMayPin(door as Door)
        if (!message.pinned) return
        await tx.messages.setPinned(message_id, null)
        tx.emit.room(message.room_id, 'message_unpinned', actor.user_id, { message_id }, message_id)
      })
    },

    /** Throws room_not_found, not_a_member. */
    async pins(actor: Actor, { room_id, ...page }: RouteInput<'list_pins'>): Promise<List<Message>> {
      assertMember(await stores.rooms.door(room_id, actor.user_id))
      return stores.messages.pins(room_id, page, actor.user_id)
    },

    /** The marker only moves forward, and the user's other devices hear of it. Throws room_not_found, not_a_member. */
    async markRead(actor: Actor, { room_id, seq }: RouteInput<'mark_read'>): Promise<Membership> {
      return write({ user_id: actor.user_id }, async (tx) => {
        const outcome = await tx.members.markRead(room_id, actor.user_id, seq)
        if (!outcome) assertMember(await tx.rooms.door(room_id, actor.user_id))
        const membership = await tx.members.membership(room_id, actor.user_id)
        if (!membership) throw new ChatError('not_a_member')
        const { last_read_seq, unread_count, mention_count } = membership
        if (outcome?.moved) tx.emit.user(actor.user_id, 'read_marker_moved', { room_id, last_read_seq, unread_count, mention_count })
        return membership
      })
    },

    /** Throws room_not_found, not_a_member. */
    async events(actor: Actor, { room_id, after_seq, limit }: RouteInput<'get_events'>): Promise<EventPage> {
      const last_seq = (await log.places(actor.user_id, [room_id])).get(room_id)
      if (last_seq === undefined) assertMember(await stores.rooms.door(room_id, actor.user_id))
      const upTo = Math.min(last_seq ?? 0, after_seq + limit)
      const found = await log.events([{ stream: room_id, after: after_seq, upTo }])
      const items = found.map(({ type, payload }) => ({ type, payload: JSON.parse(payload) as unknown }) as RoomEvent)
      return { items, last_seq: last_seq ?? 0, has_more: upTo < (last_seq ?? 0) }
    },
  }
}
export type Messages = ReturnType<typeof createMessages>

/** Where in the room's log the change is. */
type AtSeqOf = { event_seq: number }

const head = async (tx: Transaction, roomId: string): Promise<AtSeq> => ({ seq: await tx.lockRoom(roomId) })

/** Like assertMember, for somebody who asked for a message: an invisible room has none. */
function assertReads(door: Door | undefined): asserts door is Door & { role: NonNullable<Door['role']> } {
  try {
    assertMember(door)
  } catch (error) {
    throw error instanceof ChatError && error.code === 'room_not_found' ? new ChatError('message_not_found') : error
  }
}

function assertMayPin(door: Door): void {
  if (door.kind === 'group') assertRuns(door)
}

function viewed(message: Message | undefined): Message {
  if (!message) throw new ChatError('message_not_found')
  return message
}

/** Which part of history is meant. Without any seq: the newest. */
function windowOf(
  {
    before_seq,
    after_seq,
    around_seq,
  }: { before_seq?: number | undefined; after_seq?: number | undefined; around_seq?: number | undefined },
  limit: number,
): Window {
  if (after_seq !== undefined) return { pivot: after_seq + 1, before: 0, after: limit }
  if (around_seq !== undefined) return { pivot: around_seq, before: Math.floor(limit / 2), after: Math.ceil(limit / 2) }
  return { pivot: before_seq ?? Number.MAX_SAFE_INTEGER, before: limit, after: 0 }
}
