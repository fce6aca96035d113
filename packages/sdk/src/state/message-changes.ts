/** What an event does to a message that is already known. */
import type { Message, Reaction, RoomEvent } from '@teahouse/protocol'
import { FIXED_LIMITS } from '@teahouse/protocol/limits'

export type MessageChange = {
  readonly message_id: string
  /** What replies quote from now on; undefined when that stays. */
  readonly excerpt?: string
  /** Whether the content is gone. */
  readonly gone: boolean
  readonly apply: (message: Message) => Message
}

/** The change that an event makes to an older message; null when it makes none. `myId` decides about `me` in reactions. */
export function messageChange(event: RoomEvent, myId: string): MessageChange | null {
  switch (event.type) {
    case 'message_edited': {
      const edited = event.payload.message
      return {
        message_id: edited.id,
        excerpt: excerptOf(edited.content),
        gone: false,
        apply: (known) => ({ ...edited, reactions: withMine(edited.reactions, known.reactions) }),
      }
    }
    case 'message_deleted':
      return { message_id: event.payload.message_id, excerpt: '', gone: true, apply: (known) => emptied(known, 'deleted') }
    case 'message_recalled':
      return { message_id: event.payload.message_id, excerpt: '', gone: true, apply: (known) => emptied(known, 'recalled') }
    case 'reaction_added':
    case 'reaction_removed': {
      const { message_id, user_id, emoji } = event.payload
      const by = event.type === 'reaction_added' ? 1 : -1
      return {
        message_id,
        gone: false,
        apply: (known) => ({ ...known, reactions: reacted(known.reactions, emoji, by, user_id === myId) }),
      }
    }
    case 'message_pinned':
    case 'message_unpinned': {
      const pinned = event.type === 'message_pinned'
      return { message_id: event.payload.message_id, gone: false, apply: (known) => ({ ...known, pinned }) }
    }
    default:
      return null
  }
}

/** The change as it falls on any message of the room: on the message itself, and on replies that quote it. */
export function touch(change: MessageChange, message: Message): Message {
  if (message.id === change.message_id) return change.apply(message)
  const { excerpt } = change
  const { reply_to } = message
  if (excerpt === undefined || reply_to?.id !== change.message_id || reply_to.excerpt === excerpt) return message
  return { ...message, reply_to: { ...reply_to, excerpt } }
}

/** The beginning of a message, in code points, as the server cuts it. */
const excerptOf = (content: string): string =>
  content.length <= FIXED_LIMITS.excerpt ? content : Array.from(content).slice(0, FIXED_LIMITS.excerpt).join('')

function emptied(message: Message, state: 'deleted' | 'recalled'): Message {
  return { ...message, state, content: '', attachments: [], mentions: [], reactions: [], pinned: false }
}

// Events are the same for all readers and so never say `me`; what I did is known here already.
function withMine(told: readonly Reaction[], known: readonly Reaction[]): Reaction[] {
  return told.map((reaction) => ({ ...reaction, me: known.some((mine) => mine.emoji === reaction.emoji && mine.me) }))
}

function reacted(reactions: readonly Reaction[], emoji: string, by: 1 | -1, mine: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji)
  if (!known) return by === 1 ? [...reactions, { emoji, count: 1, me: mine }] : [...reactions]
  const next = { emoji, count: known.count + by, me: mine ? by === 1 : known.me }
  return reactions.map((reaction) => (reaction === known ? next : reaction)).filter((reaction) => reaction.count > 0)
}
