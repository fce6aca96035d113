/** Rooms, their members, bans and invitations. */
import { z } from 'zod'
import { FIXED_LIMITS as L } from './limits.ts'
import { Message } from './messages.ts'
import { filledText, Id, Moment, name, OutId, Page, Seq, text, Time } from './primitives.ts'
import { User } from './users.ts'

export const RoomName = name(L.roomName)
export const RoomPassword = text(L.roomPassword.min, L.roomPassword.max).meta({ format: 'password' })
export const Role = z.enum(['owner', 'admin', 'member'])
export type Role = z.infer<typeof Role>

export const Room = z
  .object({
    id: OutId,
    kind: z.enum(['group', 'direct']),
    /** Empty for direct rooms: clients name them after the people in them. */
    name: z.string(),
    description: z.string().nullable(),
    owner_id: OutId,
    is_private: z.boolean(),
    has_password: z.boolean(),
    max_members: z.int(),
    member_count: z.int(),
    /** Seconds a member must wait between two messages; 0 = off. Owner and admins are spared. */
    slow_mode_s: z.int(),
    last_seq: Seq,
    /** Null for an empty room, and for those who are not members. */
    last_message: Message.nullable(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Room' })
export type Room = z.infer<typeof Room>

export const Membership = z
  .object({
    role: Role,
    joined_at: Time,
    last_read_seq: Seq,
    /** Messages of others after last_read_seq that still exist; stops at 100. */
    unread_count: z.int(),
    mention_count: z.int(),
    muted_until: Time.nullable(),
  })
  .meta({ id: 'Membership' })
export type Membership = z.infer<typeof Membership>

/** A room with the caller's place in it. Direct rooms say who is in them (`members`, at most ten). */
export const JoinedRoom = Room.extend({ membership: Membership, members: z.array(User).optional() }).meta({ id: 'JoinedRoom' })
export type JoinedRoom = z.infer<typeof JoinedRoom>
/** `membership` is there for members only. */
export const SeenRoom = Room.extend({ membership: Membership.optional(), members: z.array(User).optional() }).meta({ id: 'SeenRoom' })
export type SeenRoom = z.infer<typeof SeenRoom>

export const Member = z
  .object({ user: User, role: Role, joined_at: Time, muted_until: Time.nullable(), online: z.boolean() })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

export const Ban = z
  .object({ user: User, until: Time.nullable(), reason: z.string().nullable(), created_at: Time, created_by: OutId.nullable() })
  .meta({ id: 'Ban' })
export type Ban = z.infer<typeof Ban>

export const Invite = z
  .object({
    code: z.string(),
    url: z.string(),
    room_id: OutId,
    max_uses: z.int().nullable(),
    uses: z.int(),
    expires_at: Time.nullable(),
    created_by: OutId.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

/** What the page behind an invitation's link shows before anybody signs in. */
export const InvitedRoom = z
  .object({
    room: z.object({ id: OutId, name: z.string(), description: z.string().nullable(), member_count: z.int() }),
    expires_at: Time.nullable(),
  })
  .meta({ id: 'InvitedRoom' })
export type InvitedRoom = z.infer<typeof InvitedRoom>

export const RoomId = z.object({ room_id: Id })
export const RoomMember = z.object({ room_id: Id, user_id: Id })
const MaxMembers = z.int().min(1).max(1_000_000)
const Description = text(0, L.description).nullable()
export const CreateRoom = z.object({
  name: RoomName,
  description: Description.optional(),
  is_private: z.boolean().default(false),
  password: RoomPassword.optional(),
  max_members: MaxMembers.optional(),
})
/** `password: null` removes it. */
export const UpdateRoom = z.object({
  name: RoomName.optional(),
  description: Description.optional(),
  is_private: z.boolean().optional(),
  password: RoomPassword.nullable().optional(),
  max_members: MaxMembers.optional(),
  slow_mode_s: z.int().min(0).max(21_600).optional(),
})
export const JoinRoom = z.object({ password: text(0, L.roomPassword.max).optional() })
/** `q`: those whose username, or a word of whose name, begins so. */
export const ListMembers = Page.extend({ q: filledText(L.displayName).optional() })
export const AddMember = z.object({ user_id: Id })
/** `muted_until: null` lets the member speak again. */
export const UpdateMember = z.object({ role: z.enum(['admin', 'member']).optional(), muted_until: Moment.nullable().optional() })
export const BanUser = z.object({ until: Moment.nullable().optional(), reason: text(0, L.description).nullable().optional() })
export const TransferRoom = z.object({ user_id: Id })
export const CreateInvite = z.object({
  max_uses: z.int().min(1).max(1_000_000).nullable().optional(),
  expires_in_s: z.int().min(1).max(31_536_000).nullable().optional(),
})
export const InviteCode = z.object({ code: text(1, 64) })
export const RoomInvite = z.object({ room_id: Id, code: text(1, 64) })
export const OpenDirectRoom = z.object({ user_ids: z.array(Id).min(1).max(L.directRoom) })
export const Directory = Page.extend({ q: text(0, L.roomName).optional() })
