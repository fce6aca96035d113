/** The wire forms of rows, so that every query says them alike: users, messages, rooms, memberships as JSON. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of VIEWS) await sql.raw(statement).execute(db)
}

const VIEWS = [
  // The whole log. Messages are in it by their own rows: their text has one place to be changed, and to be deleted.
  `create view log as
   select stream, seq, event_id, type, actor_id, message_id, occurred_at, payload from events
   union all
   select room_id, seq, id, 'message_sent', sender_id, id, created_at, kept from messages`,

  `create function iso(at timestamptz) returns text language sql immutable parallel safe
   return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,

  `create function user_view(u users) returns json language sql stable parallel safe
   return json_build_object('id', u.id, 'username', u.username, 'display_name', u.display_name, 'avatar_url', u.avatar_url,
     'status_text', u.status_text, 'is_bot', u.is_bot, 'created_at', iso(u.created_at))`,

  // What an answer says of the message it answers: 140 code points, nothing once that message is gone.
  `create function reply_view(answered uuid) returns json language sql stable parallel safe
   return (select json_build_object('id', t.id, 'seq', t.seq, 'sender', user_view(s), 'excerpt', left(t.content, 140))
           from messages t join users s on s.id = t.sender_id where t.id = answered)`,

  // In the order in which each emoji first came.
  `create function reactions_view(message uuid, viewer uuid) returns json language sql stable parallel safe
   return (select coalesce(json_agg(json_build_object('emoji', g.emoji, 'count', g.count, 'me', coalesce(g.me, false)) order by g.since, g.emoji), '[]')
           from (select emoji, count(*) as count, bool_or(user_id = viewer) as me, min(created_at) as since
                 from reactions where message_id = message group by emoji) g)`,

  `create function message_view(m messages, viewer uuid) returns json language sql stable parallel safe
   return json_build_object('id', m.id, 'room_id', m.room_id, 'seq', m.seq,
     'sender', (select user_view(u) from users u where u.id = m.sender_id),
     'content', m.content, 'message_type', m.message_type, 'attachments', coalesce(m.attachments, '[]'),
     'reply_to', case when m.reply_to is not null then reply_view(m.reply_to) end,
     'mentions', to_json(coalesce(m.mentions, '{}')), 'reactions', reactions_view(m.id, viewer), 'pinned', m.pinned_at is not null,
     'created_at', iso(m.created_at), 'edited_at', iso(m.edited_at), 'state', m.state, 'client_id', m.client_id,
     'on_behalf_of', case when m.on_behalf_of is not null then (select user_view(b) from users b where b.id = m.on_behalf_of) end)`,

  // Messages of others after the marker that still exist. Nobody needs to know more than "a hundred".
  `create function unread_count(room uuid, reader uuid, after bigint) returns integer language sql stable parallel safe
   return (select count(*)::int from (select 1 from messages where room_id = room and seq > after and sender_id <> reader and state = 'sent' limit 100) counted)`,
  `create function mention_count(room uuid, reader uuid, after bigint) returns integer language sql stable parallel safe
   return (select count(*)::int from (
     select 1 from mentions n join messages m on m.room_id = n.room_id and m.seq = n.seq
     where n.user_id = reader and n.room_id = room and n.seq > after and m.sender_id <> reader and m.state = 'sent' limit 100) counted)`,

  `create function membership_view(p members, last_seq bigint) returns json language sql stable parallel safe
   return json_build_object('role', p.role, 'joined_at', iso(p.joined_at), 'last_read_seq', p.last_read_seq,
     'unread_count', case when p.last_read_seq < last_seq then unread_count(p.room_id, p.user_id, p.last_read_seq) else 0 end,
     'mention_count', case when p.last_read_seq < last_seq then mention_count(p.room_id, p.user_id, p.last_read_seq) else 0 end,
     'muted_until', iso(p.muted_until))`,

  `create function room_view(r rooms, last_seq bigint, with_last_message boolean, viewer uuid) returns json language sql stable parallel safe
   return json_build_object('id', r.id, 'kind', r.kind, 'name', r.name, 'description', r.description, 'owner_id', r.owner_id,
     'is_private', r.is_private, 'has_password', r.password_hash is not null, 'max_members', r.max_members, 'member_count', r.member_count,
     'slow_mode_s', r.slow_mode_s, 'last_seq', last_seq,
     'last_message', case when with_last_message then (select message_view(m, viewer) from messages m where m.room_id = r.id order by m.seq desc limit 1) end,
     'created_at', iso(r.created_at), 'updated_at', iso(r.updated_at))`,

  // A direct room is named after the people in it, so it brings them.
  `create function people_view(r rooms) returns json language sql stable parallel safe
   return (select json_agg(user_view(u) order by p.joined_at, u.id) from members p join users u on u.id = p.user_id where r.kind = 'direct' and p.room_id = r.id)`,

  // A room with somebody's place in it, as text that goes into a frame as it is.
  `create function joined_room_text(r rooms, p members, last_seq bigint) returns text language sql stable parallel safe
   return left(room_view(r, last_seq, true, p.user_id)::text, -1) || coalesce(', "members" : ' || people_view(r)::text, '') ||
     ', "membership" : ' || membership_view(p, last_seq)::text || '}'`,

  `create function me_view(u users) returns json language sql stable parallel safe
   return json_build_object('id', u.id, 'username', u.username, 'display_name', u.display_name, 'avatar_url', u.avatar_url,
     'status_text', u.status_text, 'is_bot', u.is_bot, 'created_at', iso(u.created_at), 'email', coalesce(u.email, ''), 'status', u.status, 'is_admin', u.is_admin)`,
]
