/** The log as a whole, and the wire forms that are simple enough for PostgreSQL to make them part of the plan. */
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

  `create function me_view(u users) returns json language sql stable parallel safe
   return json_build_object('id', u.id, 'username', u.username, 'display_name', u.display_name, 'avatar_url', u.avatar_url,
     'status_text', u.status_text, 'is_bot', u.is_bot, 'created_at', iso(u.created_at), 'email', coalesce(u.email, ''), 'status', u.status, 'is_admin', u.is_admin)`,
]
