/** Who may enter a room, and who may do what in it. */
import { ChatError, type Role } from '@teahouse/protocol'

/** A room and somebody at its door. */
export type Door = {
  room_id: string
  kind: 'group' | 'direct'
  owner_id: string
  is_private: boolean
  password_hash: string | null
  max_members: number
  member_count: number
  /** Null: not a member. */
  role: Role | null
  muted_until: string | null
  /** ISO time, 'forever', or null. */
  banned_until: string | null
}

/** Strangers see public rooms, and private ones whose password could let them in. */
export const isVisible = (door: Door): boolean =>
  door.role !== null || (door.kind === 'group' && (!door.is_private || door.password_hash !== null))

/** Throws room_not_found unless the room may be seen. */
export function assertVisible(door: Door | undefined): asserts door is Door {
  if (!door || !isVisible(door)) throw new ChatError('room_not_found')
}

/** Throws room_not_found, not_a_member. */
export function assertMember(door: Door | undefined): asserts door is Door & { role: Role } {
  assertVisible(door)
  if (door.role === null) throw new ChatError('not_a_member')
}

/** Throws unless the door is open to one who is let in: already_a_member, banned_from_room, room_full. */
export function assertHasPlace(door: Door, now: string): void {
  if (door.role !== null) throw new ChatError('already_a_member')
  if (isBanned(door, now)) throw new ChatError('banned_from_room')
  if (door.member_count >= door.max_members) throw new ChatError('room_full')
}

export const isBanned = (door: Door, now: string): boolean =>
  door.banned_until !== null && (door.banned_until === 'forever' || door.banned_until > now)

/** Throws `forbidden` unless owner or admin; before it room_not_found, not_a_member. */
export function assertRuns(door: Door | undefined): asserts door is Door & { role: Role } {
  assertMember(door)
  if (door.role === 'member') throw new ChatError('forbidden', { message: 'Only the owner and admins of the room may do this.' })
}

/** Throws `forbidden` unless owner; before it room_not_found, not_a_member. */
export function assertOwns(door: Door | undefined): asserts door is Door & { role: Role } {
  assertMember(door)
  if (door.role !== 'owner') throw new ChatError('forbidden', { message: 'Only the owner of the room may do this.' })
}

/** The owner removes everybody else, admins remove members. Throws forbidden. */
export function assertOutranks(actor: Role, target: Role | null): void {
  if (target === 'owner' || (actor === 'admin' && target === 'admin'))
    throw new ChatError('forbidden', { message: 'This member is not below you in the room.' })
}

/** Throws `muted` with the time left. */
export function assertMaySpeak(door: Door, now: string): void {
  if (door.muted_until !== null && door.muted_until > now)
    throw new ChatError('muted', { retry_after_ms: Date.parse(door.muted_until) - Date.parse(now) })
}

/** A direct room has no roles, invitations or passwords to speak of. Throws forbidden. */
export function assertGroup(door: Door): void {
  if (door.kind === 'direct') throw new ChatError('forbidden', { message: 'This is a direct conversation; only rooms can do this.' })
}
