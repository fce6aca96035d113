/** A room as its log tells it, made anew from the first event: what history, members and counts must agree with. */
import type { Message, Role, RoomEvent } from '@teahouse/protocol'

export type Folded = {
  readonly messages: Map<string, FoldedMessage>
  readonly members: Map<string, Role>
  ownerId: string
  deleted: boolean
}
export type FoldedMessage = {
  readonly id: string
  readonly seq: number
  readonly senderId: string
  content: string
  state: Message['state']
  mentions: string[]
  pinned: boolean
  edited: boolean
  /** Emoji → who. */
  reactions: Map<string, Set<string>>
}

/** `founders`: who was in the room from the start; `room_created` names the owner only. */
export function fold(events: readonly RoomEvent[], founders: readonly string[] = []): Folded {
  const room: Folded = { messages: new Map(), members: new Map(founders.map((id) => [id, 'member'])), ownerId: '', deleted: false }
  for (const event of events) apply(room, event)
  return room
}

function apply(room: Folded, event: RoomEvent): void {
  const { payload } = event
  const message = 'message_id' in payload ? room.messages.get(payload.message_id) : undefined
  switch (event.type) {
    case 'room_created':
      room.ownerId = event.payload.room.owner_id
      if (event.payload.room.kind === 'group') room.members.set(room.ownerId, 'owner')
      return
    case 'room_updated':
      room.ownerId = event.payload.room.owner_id
      return
    case 'room_deleted':
      room.deleted = true
      return room.members.clear()
    case 'user_joined_room':
      return void room.members.set(event.payload.user.id, 'member')
    case 'user_left_room':
    case 'member_kicked':
      return void room.members.delete(event.payload.user_id)
    case 'member_role_changed':
      return void room.members.set(event.payload.user_id, event.payload.role)
    case 'message_sent':
      return void room.messages.set(event.payload.message.id, newMessage(event.payload.message))
    case 'message_edited': {
      const { id, content, mentions } = event.payload.message
      const edited = room.messages.get(id)
      if (edited) Object.assign(edited, { content, mentions, edited: true })
      return
    }
    case 'message_deleted':
    case 'message_recalled':
      if (!message) return
      message.state = event.type === 'message_deleted' ? 'deleted' : 'recalled'
      return void Object.assign(message, { content: '', mentions: [], pinned: false, reactions: new Map() })
    case 'reaction_added': {
      const people = message?.reactions.get(event.payload.emoji) ?? new Set()
      message?.reactions.set(event.payload.emoji, people.add(event.payload.user_id))
      return
    }
    case 'reaction_removed': {
      const people = message?.reactions.get(event.payload.emoji)
      people?.delete(event.payload.user_id)
      if (people?.size === 0) message?.reactions.delete(event.payload.emoji)
      return
    }
    case 'message_pinned':
    case 'message_unpinned':
      if (message) message.pinned = event.type === 'message_pinned'
      return
    case 'member_muted':
  }
}

const newMessage = ({ id, seq, sender, content, mentions }: Message): FoldedMessage => ({
  id,
  seq,
  senderId: sender.id,
  content,
  state: 'sent',
  mentions,
  pinned: false,
  edited: false,
  reactions: new Map(),
})

/** A message as `fold` has it, as `viewer` sees it in history. */
export const seenBy = (viewer: string, { id, seq, senderId, content, state, mentions, pinned, edited, reactions }: FoldedMessage) => ({
  id,
  seq,
  sender: senderId,
  content,
  state,
  mentions: mentions.toSorted(),
  pinned,
  edited,
  reactions: [...reactions].map(([emoji, people]) => ({ emoji, count: people.size, me: people.has(viewer) })).toSorted(byEmoji),
})

/** The same of a message that history gave. */
export const seenInHistory = ({ id, seq, sender, content, state, mentions, pinned, edited_at, reactions }: Message) => ({
  id,
  seq,
  sender: sender.id,
  content,
  state,
  mentions: mentions.toSorted(),
  pinned,
  edited: edited_at !== null,
  reactions: reactions.toSorted(byEmoji),
})

const byEmoji = (a: { emoji: string }, b: { emoji: string }) => (a.emoji < b.emoji ? -1 : 1)

/** Unread messages and mentions of a reader. */
export function unreadIn({ messages }: Folded, reader: string, lastRead: number): { unread_count: number; mention_count: number } {
  const unread = [...messages.values()].filter((m) => m.seq > lastRead && m.senderId !== reader && m.state === 'sent')
  const mentions = unread.filter((m) => m.mentions.includes(reader))
  return { unread_count: Math.min(100, unread.length), mention_count: Math.min(100, mentions.length) }
}
