/** Unread messages and mentions: counted from what is loaded where that is enough, else carried on from what the server said. */
import type { Membership, Message, RoomEvent } from '@teahouse/protocol'
import { FIXED_LIMITS } from '@teahouse/protocol/limits'
import type { RoomState } from './state.ts'
import { findInTimeline, latestSpan } from './timeline.ts'

const MOST = FIXED_LIMITS.counted
type Counts = { unread_count: number; mention_count: number }

const counts = (message: Message, myId: string): boolean => message.state === 'sent' && message.sender.id !== myId
const capped = (count: number): number => Math.max(0, Math.min(MOST, count))

/** What is unread after `seq`, among the loaded messages of the latest stretch. Looks at no more than those. */
export function unreadAfter(room: RoomState, seq: number, myId: string): Counts {
  const { messages } = latestSpan(room.timeline)
  let unread = 0
  let mentions = 0
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]
    if (!message || message.seq <= seq) break
    if (message.seq > room.about.last_seq || !counts(message, myId)) continue
    unread++
    if (message.mentions.includes(myId)) mentions++
  }
  return { unread_count: capped(unread), mention_count: capped(mentions) }
}

/** Counts anew when all messages after the read marker are loaded. Otherwise the counts stay as they are. */
export function recount(room: RoomState, myId: string): RoomState {
  const { membership } = room.about
  if (latestSpan(room.timeline).from > membership.last_read_seq + 1) return room
  return withCounts(room, unreadAfter(room, membership.last_read_seq, myId), false)
}

/** Carries the counts over one event that was applied to `after`; `before` is the room without it. */
export function countEvent(before: RoomState, after: RoomState, event: RoomEvent, myId: string): RoomState {
  if (event.type === 'message_sent' && event.payload.message.sender.id === myId)
    return recount(withMembership(after, { last_read_seq: Math.max(after.about.membership.last_read_seq, event.payload.seq) }), myId)
  const step = stepOf(before, event, myId)
  if (step === null) return after
  const { unread_count, mention_count } = after.about.membership
  const full = (step.unread_count < 0 && unread_count === MOST) || (step.mention_count < 0 && mention_count === MOST)
  const stepped = withCounts(
    after,
    { unread_count: capped(unread_count + step.unread_count), mention_count: capped(mention_count + step.mention_count) },
    after.joints.countsUncertain || step.uncertain || full,
  )
  return recount(stepped, myId)
}

type Step = Counts & { uncertain: boolean }
const UNCERTAIN: Step = { unread_count: 0, mention_count: 0, uncertain: true }

function stepOf(room: RoomState, event: RoomEvent, myId: string): Step | null {
  const { last_read_seq, unread_count, mention_count } = room.about.membership
  const mentionsMe = (message: Message) => (message.mentions.includes(myId) ? 1 : 0)
  switch (event.type) {
    case 'message_sent': {
      const { message } = event.payload
      return message.seq > last_read_seq && counts(message, myId)
        ? { unread_count: 1, mention_count: mentionsMe(message), uncertain: false }
        : null
    }
    case 'message_edited': {
      const { message } = event.payload
      if (message.seq <= last_read_seq || !counts(message, myId)) return null
      const known = asItWas(room, message.id, event.payload.seq)
      if (known) return { unread_count: 0, mention_count: mentionsMe(message) - mentionsMe(known), uncertain: false }
      return mentionsMe(message) || mention_count > 0 ? UNCERTAIN : null
    }
    case 'message_deleted':
    case 'message_recalled': {
      if (unread_count === 0) return null
      const known = asItWas(room, event.payload.message_id, event.payload.seq)
      if (!known) return UNCERTAIN
      if (known.seq <= last_read_seq || !counts(known, myId)) return null
      return { unread_count: -1, mention_count: -mentionsMe(known), uncertain: false }
    }
    default:
      return null
  }
}

/** A message before the event with this seq; undefined when it is not loaded, or only as it is after the event. */
function asItWas(room: RoomState, messageId: string, seq: number): Message | undefined {
  return (room.joints.ahead.get(messageId) ?? 0) >= seq ? undefined : findInTimeline(room.timeline, messageId)
}

/**
 * The read marker moved, here or elsewhere; only forward. What the server counted holds for a head we do not know, so it is taken as the
 * best guess until it can be counted here or the room is fetched again.
 */
export function moveMarker(room: RoomState, lastReadSeq: number, told: Counts | null, myId: string): RoomState {
  const { membership } = room.about
  if (lastReadSeq < membership.last_read_seq) return room
  const moved = withMembership(room, { last_read_seq: lastReadSeq })
  return recount(told ? withCounts(moved, told, true) : moved, myId)
}

export function withMembership(room: RoomState, changes: Partial<Membership>): RoomState {
  return { ...room, about: { ...room.about, membership: { ...room.about.membership, ...changes } } }
}

export function withCounts(room: RoomState, { unread_count, mention_count }: Counts, countsUncertain: boolean): RoomState {
  const { membership } = room.about
  const same = membership.unread_count === unread_count && membership.mention_count === mention_count
  if (same && room.joints.countsUncertain === countsUncertain) return room
  const joints = room.joints.countsUncertain === countsUncertain ? room.joints : { ...room.joints, countsUncertain }
  return same ? { ...room, joints } : { ...withMembership(room, { unread_count, mention_count }), joints }
}
