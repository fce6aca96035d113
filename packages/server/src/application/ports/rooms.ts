/** What rooms, members, bans and invitations need from the database. */
import type { Ban, Invite, InvitedRoom, JoinedRoom, Member, Membership, Role, Room, SeenRoom } from '@teahouse/protocol'
import type { PageOf, PageRequest } from '../../domain/page.ts'
import type { Door } from '../../domain/membership.ts'

export type NewRoom = {
  id: string
  kind: 'group' | 'direct'
  name: string
  description: string | null
  owner_id: string
  is_private: boolean
  password_hash: string | null
  max_members: number
  direct_key: string | null
}
/** Only what is there changes. */
export type RoomChanges = {
  [Field in 'name' | 'description' | 'is_private' | 'password_hash' | 'max_members' | 'owner_id']?: NewRoom[Field] | undefined
} & { slow_mode_s?: number | undefined }

export type RoomStore = {
  /** What a rule needs to know of a room and of somebody at its door; undefined when there is no such room. */
  door(roomId: string, userId: string): Promise<Door | undefined>
  /** Throws `room_name_taken`. */
  insert(room: NewRoom, now: string): Promise<void>
  /** Throws `room_name_taken`. */
  update(roomId: string, changes: RoomChanges, now: string): Promise<void>
  markDeleted(roomId: string, now: string): Promise<void>
  /** The room as nobody in particular sees it: in events. */
  view(roomId: string): Promise<Room>
  /** With membership and last message for a member, without for others; undefined when there is no such room. */
  seenBy(roomId: string, userId: string): Promise<SeenRoom | undefined>
  pageOf(userId: string, page: PageRequest): Promise<PageOf<JoinedRoom>>
  directory(userId: string, page: PageRequest & { q?: string | undefined }): Promise<PageOf<SeenRoom>>
  /** The direct room of just these people, when it exists. */
  directRoom(key: string): Promise<string | undefined>
  /** Groups a user owns, in id order: when the user goes, somebody must have them. */
  ownedBy(userId: string): Promise<string[]>
}

export type MemberStore = {
  /** Makes the user a member whose unread messages begin after `seq`, and counts him. What still held him back when he left holds him again: see `muted_until`. */
  add(roomId: string, userId: string, role: Role, seq: number, now: string): Promise<{ muted_until: string | null }>
  /** Returns false when the user was not a member. A mute and slow mode's wait are kept for his return. */
  remove(roomId: string, userId: string, now: string): Promise<boolean>
  /** Nothing is kept of those who were here, or had left. */
  removeAll(roomId: string): Promise<string[]>
  setRole(roomId: string, userId: string, role: Role): Promise<void>
  setMuted(roomId: string, userId: string, until: string | null): Promise<void>
  /** Moves the marker forward, never back and never past the end; returns what it is now, undefined for a stranger. */
  markRead(roomId: string, userId: string, seq: number): Promise<{ moved: boolean } | undefined>
  membership(roomId: string, userId: string): Promise<Membership | undefined>
  /** Not one who was deleted and is on his way out. `online` is not known here. */
  one(roomId: string, userId: string): Promise<Member | undefined>
  /** In the order in which they came. With `q`, those called so, and nobody who was deleted. */
  page(roomId: string, page: PageRequest & { q?: string | undefined }): Promise<PageOf<Member>>
  ids(roomId: string): Promise<string[]>
  /** The oldest admin, else the oldest member, beside `userId` and others who were deleted. */
  heirOf(roomId: string, userId: string): Promise<string | undefined>
  roomsOf(userId: string): Promise<string[]>
}

export type BanStore = {
  put(roomId: string, userId: string, ban: { until: string | null; reason: string | null; created_by: string }, now: string): Promise<void>
  remove(roomId: string, userId: string, now: string): Promise<boolean>
  /** Those still in force. */
  page(roomId: string, page: PageRequest, now: string): Promise<PageOf<Ban>>
}

/** `url` is made by the application. */
export type StoredInvite = Omit<Invite, 'url'>

export type InviteStore = {
  insert(invite: StoredInvite): Promise<void>
  /** Undefined when no such code was ever made; `open` is false once it is expired, used up, withdrawn, or its room is gone. */
  find(code: string, now: string): Promise<{ room_id: string; open: boolean; view: InvitedRoom } | undefined>
  /** Takes one use under the row's lock; false when none is left. */
  use(code: string, now: string): Promise<boolean>
  withdraw(roomId: string, code: string, now: string): Promise<boolean>
  page(roomId: string, page: PageRequest, now: string): Promise<PageOf<StoredInvite>>
}
