/** How pages that were fetched are joined with the events that arrived before, during and after the fetching. */
import type { Message } from '@teahouse/protocol'
import { recount } from './counts.ts'
import type { Input } from './input.ts'
import { messageChange, touch } from './message-changes.ts'
import { applyToMembers } from './room-events.ts'
import type { RoomState } from './state.ts'
import { addSpan, mapChanged, spanOfPage } from './timeline.ts'

type Loaded<Type extends Input['type']> = Extract<Input, { type: Type }>

/** Whether a page that was read when the room's head was `pageSeq` can still be joined: the events since then are remembered. */
export const canJoin = (room: RoomState, pageSeq: number): boolean => pageSeq >= room.joints.after

/**
 * A page of history. Older than the room here: the changes since are applied to it. Newer: its messages are marked, so that the events
 * still on their way do not change them twice. A page too old to be joined changes nothing; ask again.
 */
export function takeMessages(room: RoomState, { page, place, asked_at_seq }: Loaded<'messages_loaded'>, myId: string): RoomState {
  const pageSeq = page.last_seq ?? asked_at_seq // an older server does not say
  if (!canJoin(room, pageSeq)) return room
  const items = page.items.map((message) => broughtUpToDate(message, room, pageSeq, myId))
  const ahead = new Map(room.joints.ahead)
  if (pageSeq > room.about.last_seq) for (const message of items) ahead.set(message.id, pageSeq)
  const timeline = addSpan(room.timeline, spanOfPage({ ...page, items, last_seq: pageSeq }, place))
  return recount({ ...room, timeline, joints: { ...room.joints, ahead } }, myId)
}

function broughtUpToDate(message: Message, room: RoomState, pageSeq: number, myId: string): Message {
  let current = message
  for (const event of room.joints.recent) {
    const change = event.payload.seq > pageSeq && messageChange(event, myId)
    if (change) current = touch(change, current)
  }
  return current
}

/** A page of members. Events since it was asked for are applied again: they set, and do not add. */
export function takeMembers(room: RoomState, { page, first, asked_at_seq }: Loaded<'members_loaded'>): RoomState {
  const known = first ? [] : (room.members?.items ?? [])
  const ids = new Set(page.items.map((member) => member.user.id))
  const joined = [...known.filter((member) => !ids.has(member.user.id)), ...page.items]
  const since = room.joints.recent.filter((event) => event.payload.seq > asked_at_seq)
  const items = since.reduce(applyToMembers, joined)
  return { ...room, members: { items, next_cursor: page.next_cursor, stale: !canJoin(room, asked_at_seq) } }
}

/** A page of pinned messages. If pins moved while it was on its way, it is taken but called stale. */
export function takePins(room: RoomState, { page, first, asked_at_seq }: Loaded<'pins_loaded'>, myId: string): RoomState {
  const known = first ? [] : (room.pins?.items ?? [])
  const ids = new Set(page.items.map((message) => message.id))
  const items = [...known.filter((message) => !ids.has(message.id)), ...page.items]
  const since = room.joints.recent.filter((event) => event.payload.seq > asked_at_seq)
  const stale = since.some((event) => messageChange(event, myId) !== null) || !canJoin(room, asked_at_seq)
  return { ...room, pins: { items: mapChanged(items, (message) => message), next_cursor: page.next_cursor, stale } }
}
