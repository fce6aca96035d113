/** What each lasting event does to the room it happened in. */
import type { JoinedRoom, Member, RoomEvent } from '@teahouse/protocol'
import { countEvent } from './counts.ts'
import { type MessageChange, messageChange, touch } from './message-changes.ts'
import { stopTyping } from './people.ts'
import { installUpcoming } from './snapshots.ts'
import type { Joints, PinList, RoomState } from './state.ts'
import { appendLive, findInTimeline, mapChanged, mapMessages } from './timeline.ts'

/** Events that are remembered so that a page read before them can catch up with them. */
const REMEMBERED = 256

/** The room after its next event. The caller has made sure that it is the next one. */
export function applyRoomEvent(before: RoomState, event: RoomEvent, myId: string): RoomState {
  const seq = event.payload.seq
  let room: RoomState = { ...before, about: { ...before.about, last_seq: seq }, joints: remember(before.joints, event) }
  room = applyToMessages(room, event, myId, before.joints.ahead)
  room = applyToAbout(room, event, myId)
  room = { ...room, members: room.members && { ...room.members, items: applyToMembers(room.members.items, event) } }
  room = countEvent(before, room, event, myId)
  return installUpcoming(room, myId)
}

function remember(joints: Joints, event: RoomEvent): Joints {
  const over = [...joints.ahead].filter(([, seq]) => seq <= event.payload.seq)
  const ahead = over.length === 0 ? joints.ahead : new Map([...joints.ahead].filter(([, seq]) => seq > event.payload.seq))
  if (event.type === 'message_sent') return ahead === joints.ahead ? joints : { ...joints, ahead }
  const recent = [...joints.recent, event]
  if (recent.length <= REMEMBERED) return { ...joints, ahead, recent }
  const kept = recent.slice(-REMEMBERED / 2)
  return { ...joints, ahead, recent: kept, after: (kept[0]?.payload.seq ?? event.payload.seq) - 1 }
}

function applyToMessages(room: RoomState, event: RoomEvent, myId: string, ahead: Joints['ahead']): RoomState {
  if (event.type === 'message_sent') {
    const { message } = event.payload
    const about = { ...room.about, last_message: message }
    const joints = room.joints.lastMessageUnknown ? { ...room.joints, lastMessageUnknown: false } : room.joints
    return stopTyping({ ...room, about, joints, timeline: appendLive(room.timeline, message) }, message.sender.id)
  }
  const change = messageChange(event, myId)
  if (!change) return room
  const { last_message } = room.about
  const about = last_message ? { ...room.about, last_message: touch(change, last_message) } : room.about
  const newer = (ahead.get(change.message_id) ?? 0) >= event.payload.seq
  // A page may hold the message as it is after this event; what quotes it can be told again without harm.
  const timeline = mapMessages(room.timeline, (message) => (newer && message.id === change.message_id ? message : touch(change, message)))
  return { ...room, about, timeline, pins: room.pins && applyToPins(room.pins, { ...room, timeline }, event, change) }
}

// A page of pins does not say at which seq it was read, so reactions are not counted in it: the timeline's message is taken instead.
function applyToPins(pins: PinList, room: RoomState, event: RoomEvent, change: MessageChange): PinList {
  const { message_id } = change
  if (event.type === 'reaction_added' || event.type === 'reaction_removed') {
    if (!pins.items.some((pin) => pin.id === message_id)) return pins
    const message = findInTimeline(room.timeline, message_id)
    return message ? { ...pins, items: pins.items.map((pin) => (pin.id === message_id ? message : pin)) } : { ...pins, stale: true }
  }
  const items = mapChanged(pins.items, (pin) => touch(change, pin))
  if (change.gone || event.type === 'message_unpinned') return { ...pins, items: items.filter((pin) => pin.id !== message_id) }
  if (event.type !== 'message_pinned') return { ...pins, items }
  const message = findInTimeline(room.timeline, message_id)
  const others = items.filter((pin) => pin.id !== message_id)
  return message ? { ...pins, items: [message, ...others] } : { ...pins, items: others, stale: true }
}

function applyToAbout(room: RoomState, event: RoomEvent, myId: string): RoomState {
  const about = changedAbout(room.about, event, myId)
  const gone = event.type === 'user_left_room' || event.type === 'member_kicked' ? event.payload.user_id : null
  return about === room.about ? room : gone ? stopTyping({ ...room, about }, gone) : { ...room, about }
}

function changedAbout(about: JoinedRoom, event: RoomEvent, myId: string): JoinedRoom {
  const mine = (changes: Partial<JoinedRoom['membership']>) => ({ ...about, membership: { ...about.membership, ...changes } })
  switch (event.type) {
    case 'room_created':
    case 'room_updated':
      // The room in the event is as all readers see it: what is mine, and reactions in the last message, are known better here.
      return { ...about, ...event.payload.room, last_seq: event.payload.seq, last_message: about.last_message }
    case 'user_joined_room': {
      const { user, member_count } = event.payload
      const joined = about.members && !about.members.some((known) => known.id === user.id)
      return { ...about, member_count, ...(joined && { members: [...(about.members ?? []), user] }) }
    }
    case 'user_left_room':
    case 'member_kicked':
      return { ...about, member_count: event.payload.member_count }
    case 'member_role_changed': {
      const { user_id, role } = event.payload
      const owned = role === 'owner' ? { ...about, owner_id: user_id } : about
      return user_id === myId ? { ...owned, membership: { ...owned.membership, role } } : owned
    }
    case 'member_muted':
      return event.payload.user_id === myId ? mine({ muted_until: event.payload.muted_until }) : about
    default:
      return about
  }
}

/** The members after an event. Also brings a page up to date that was read before it. */
export function applyToMembers(members: readonly Member[], event: RoomEvent): readonly Member[] {
  const change = (userId: string, changes: Partial<Member>) =>
    mapChanged(members, (member) => (member.user.id === userId ? { ...member, ...changes } : member))
  switch (event.type) {
    case 'user_joined_room': {
      const { user, occurred_at, muted_until } = event.payload
      const others = members.filter((member) => member.user.id !== user.id)
      return [...others, { user, role: 'member', joined_at: occurred_at, muted_until, online: true }]
    }
    case 'user_left_room':
    case 'member_kicked':
      return members.filter((member) => member.user.id !== event.payload.user_id)
    case 'member_role_changed':
      return change(event.payload.user_id, { role: event.payload.role })
    case 'member_muted':
      return change(event.payload.user_id, { muted_until: event.payload.muted_until })
    default:
      return members
  }
}
