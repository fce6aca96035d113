/**
 * Wire forms as parts of queries: rooms, memberships and messages as JSON. Functions of the database with a subquery inside start an executor
 * for every row (measured: 14 times the cost of a history page); as joins they are one plan. The short names are those that the parts expect:
 * `m` a message, `r` a room, `t` its stream, `p` a member.
 */
import { type RawBuilder, sql } from 'kysely'
import { FIXED_LIMITS } from '@teahouse/protocol'

type Part = RawBuilder<unknown>

const COUNTED = sql.lit(FIXED_LIMITS.counted)
const EXCERPT = sql.lit(FIXED_LIMITS.excerpt)

/** What `messageJson` reads beside `m`. `viewer`: whose reactions are `me`; null: nobody's, as in events. */
export const messageJoins = (viewer: Part): Part => sql`
  left join users ms on ms.id = m.sender_id
  left join lateral (select a.id, a.seq, a.sender_id, a.content from messages a where a.id = m.reply_to limit 1) ma on true
  left join users mas on mas.id = ma.sender_id
  left join users mb on mb.id = m.on_behalf_of
  left join lateral (
    select json_agg(json_build_object('emoji', g.emoji, 'count', g.count, 'me', g.me) order by g.since, g.emoji) as list
    from (select x.emoji, count(*) as count, coalesce(bool_or(x.user_id = ${viewer}), false) as me, min(x.created_at) as since
          from reactions x where x.message_id = m.id group by x.emoji) g) mx on true`

export const messageJson: Part = sql`json_build_object('id', m.id, 'room_id', m.room_id, 'seq', m.seq, 'sender', user_view(ms),
  'content', m.content, 'message_type', m.message_type, 'attachments', coalesce(m.attachments, '[]'),
  'reply_to', case when ma.id is not null then json_build_object('id', ma.id, 'seq', ma.seq, 'sender', user_view(mas), 'excerpt', left(ma.content, ${EXCERPT})) end,
  'mentions', to_json(coalesce(m.mentions, '{}')), 'reactions', coalesce(mx.list, '[]'), 'pinned', m.pinned_at is not null,
  'created_at', iso(m.created_at), 'edited_at', iso(m.edited_at), 'state', m.state, 'client_id', m.client_id,
  'on_behalf_of', case when mb.id is not null then user_view(mb) end)`

/** What `roomJson` reads beside `r` and `t`; the last message only where `shown` holds. */
export const roomJoins = (shown: Part, viewer: Part): Part => sql`
  left join lateral (select * from messages l where l.room_id = r.id and ${shown} order by l.seq desc limit 1) m on true ${messageJoins(viewer)}`

export const roomJson: Part = sql`json_build_object('id', r.id, 'kind', r.kind, 'name', r.name, 'description', r.description, 'owner_id', r.owner_id,
  'is_private', r.is_private, 'has_password', r.password_hash is not null, 'max_members', r.max_members, 'member_count', r.member_count,
  'slow_mode_s', r.slow_mode_s, 'last_seq', t.last_seq, 'last_message', case when m.id is not null then ${messageJson} end,
  'created_at', iso(r.created_at), 'updated_at', iso(r.updated_at))`

/** Messages of others after the marker that still exist. Nobody needs to know more than "a hundred". */
const unreadCount: Part = sql`(select count(*) from (
  select 1 from messages n where n.room_id = p.room_id and n.seq > p.last_read_seq and n.sender_id <> p.user_id and n.state = 'sent' limit ${COUNTED}) as few)`
const mentionCount: Part = sql`(select count(*) from (
  select 1 from mentions c join messages n on n.room_id = c.room_id and n.seq = c.seq
  where c.user_id = p.user_id and c.room_id = p.room_id and c.seq > p.last_read_seq and n.sender_id <> p.user_id and n.state = 'sent' limit ${COUNTED}) as few)`

export const membershipJson: Part = sql`json_build_object('role', p.role, 'joined_at', iso(p.joined_at), 'last_read_seq', p.last_read_seq,
  'unread_count', case when p.last_read_seq < t.last_seq then ${unreadCount} else 0 end,
  'mention_count', case when p.last_read_seq < t.last_seq then ${mentionCount} else 0 end, 'muted_until', iso(p.muted_until))`

/** A direct room is named after the people in it, so it brings them; null for other rooms. */
export const peopleJson: Part = sql`case when r.kind = 'direct' then (
  select json_agg(user_view(du) order by d.joined_at, du.id) from members d join users du on du.id = d.user_id where d.room_id = r.id) end`

/** A room with the member's place in it, as text that goes into a frame as it is. */
export const joinedRoomText: Part = sql`left(${roomJson}::text, -1) || coalesce(', "members" : ' || (${peopleJson})::text, '') || ', "membership" : ' || ${membershipJson}::text || '}'`
