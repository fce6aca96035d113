/** Rooms and memberships for clients: the columns that they are made of, and how a row becomes what the wire says. See views.ts. */
import { FIXED_LIMITS, type JoinedRoom, type Membership, type Room, type SeenRoom, type User } from '@teahouse/protocol'
import { messageColumns, messageOf, type MessageRow, senderJoin } from './views.ts'

/** Of a room without messages, those of its last one are null. */
export type RoomRow = (MessageRow | { m_id: null }) & {
  r_id: string
  r_kind: Room['kind']
  r_name: string
  r_description: string | null
  r_owner_id: string
  r_is_private: boolean
  r_has_password: boolean
  r_max_members: number
  r_member_count: number
  r_slow_mode_s: number
  r_last_seq: number
  r_created_at: string
  r_updated_at: string
  /** A direct room is named after the people in it, so it brings them; null for other rooms, and for those who are not in it. */
  r_people: User[] | null
}

export type MembershipRow = {
  p_role: Membership['role']
  p_joined_at: string
  p_last_read_seq: number
  p_unread_count: number
  p_mention_count: number
  p_muted_until: string | null
}

/** Of the room `r`, its stream `t` and its last message, which comes with `lastMessageJoin`; `isMember`: who asks is in it. */
export const roomColumns = (
  isMember: string,
  me: string,
): string => `r.id as r_id, r.kind as r_kind, r.name as r_name, r.description as r_description,
  r.owner_id as r_owner_id, r.is_private as r_is_private, r.password_hash is not null as r_has_password, r.max_members as r_max_members,
  r.member_count as r_member_count, r.slow_mode_s as r_slow_mode_s, t.last_seq as r_last_seq, r.created_at as r_created_at, r.updated_at as r_updated_at,
  case when r.kind = 'direct' and ${isMember} then (
    select json_agg(user_view(du) order by d.joined_at, du.id) from members d join users du on du.id = d.user_id where d.room_id = r.id) end as r_people,
  ${messageColumns(me)}`

/** Of the member `p`. Limits keep them looks into the index, whatever the planner believes about the size of tables. */
export const roomJoin = `join lateral (select * from rooms r where r.id = p.room_id and r.deleted_at is null limit 1) r on true`
export const streamJoin = `join lateral (select * from streams t where t.id = p.room_id limit 1) t on true`

/** `shown`: for whom there is a last message. */
export const lastMessageJoin = (shown: string): string => `
  left join lateral (select * from messages l where l.room_id = r.id and ${shown} order by l.seq desc limit 1) m on true ${senderJoin}`

/** Messages of others after the marker that still exist. Nobody needs to know more than "a hundred". */
const unreadCount = `(select count(*) from (
    select 1 from messages n where n.room_id = p.room_id and n.seq > p.last_read_seq and n.sender_id <> p.user_id and n.state = 'sent' limit ${FIXED_LIMITS.counted}) as few)`
const mentionCount = `(select count(*) from (
    select 1 from mentions c join lateral (select * from messages a where a.room_id = c.room_id and a.seq = c.seq limit 1) n on true
    where c.user_id = p.user_id and c.room_id = p.room_id and c.seq > p.last_read_seq and n.sender_id <> p.user_id and n.state = 'sent' limit ${FIXED_LIMITS.counted}) as few)`

/** Of the member `p` of the room whose stream is `t`. */
export const membershipColumns = `p.role as p_role, p.joined_at as p_joined_at, p.last_read_seq as p_last_read_seq,
  case when p.last_read_seq < t.last_seq then ${unreadCount} else 0 end as p_unread_count,
  case when p.last_read_seq < t.last_seq then ${mentionCount} else 0 end as p_mention_count, p.muted_until as p_muted_until`

export const roomOf = (row: RoomRow): Room => ({
  id: row.r_id,
  kind: row.r_kind,
  name: row.r_name,
  description: row.r_description,
  owner_id: row.r_owner_id,
  is_private: row.r_is_private,
  has_password: row.r_has_password,
  max_members: row.r_max_members,
  member_count: row.r_member_count,
  slow_mode_s: row.r_slow_mode_s,
  last_seq: row.r_last_seq,
  last_message: row.m_id === null ? null : messageOf(row),
  created_at: row.r_created_at,
  updated_at: row.r_updated_at,
  ...(row.r_people ? { members: row.r_people } : {}),
})

export const membershipOf = (row: MembershipRow): Membership => ({
  role: row.p_role,
  joined_at: row.p_joined_at,
  last_read_seq: row.p_last_read_seq,
  unread_count: row.p_unread_count,
  mention_count: row.p_mention_count,
  muted_until: row.p_muted_until,
})

export const joinedRoomOf = (row: RoomRow & MembershipRow): JoinedRoom => ({ ...roomOf(row), membership: membershipOf(row) })

/** Strangers see a room without membership: they have no role. */
export const seenRoomOf = (row: RoomRow & (MembershipRow | { p_role: null })): SeenRoom =>
  row.p_role === null ? roomOf(row) : joinedRoomOf(row)
