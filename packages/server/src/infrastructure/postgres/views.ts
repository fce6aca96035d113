/**
 * Messages for clients: the columns that one is made of, and how a row becomes what the wire says. PostgreSQL hands out plain columns, as
 * building JSON there costs several times the query; only what few messages have comes as JSON, from subqueries that run for those few.
 */
import { FIXED_LIMITS, type Message } from '@teahouse/protocol'

export type MessageRow = {
  m_id: string
  m_room_id: string
  m_seq: number
  m_content: string
  m_message_type: Message['message_type']
  m_attachments: Message['attachments'] | null
  m_reply_to: Message['reply_to']
  m_mentions: string[] | null
  m_reactions: Message['reactions'] | null
  m_pinned: boolean
  m_created_at: string
  m_edited_at: string | null
  m_state: Message['state']
  m_client_id: string
  m_on_behalf_of: Message['on_behalf_of']
  s_id: string
  s_username: string
  s_display_name: string
  s_avatar_url: string | null
  s_status_text: string | null
  s_is_bot: boolean
  s_created_at: string
}

/** Of `s`, who sent the message. */
export const senderColumns = `s.id as s_id, s.username as s_username, s.display_name as s_display_name, s.avatar_url as s_avatar_url,
  s.status_text as s_status_text, s.is_bot as s_is_bot, s.created_at as s_created_at`

/** What the message `m` answers: 140 code points of it, nothing once it is gone. */
export const replyTo = `case when m.reply_to is not null then (
    select json_build_object('id', a.id, 'seq', a.seq, 'sender', user_view(u), 'excerpt', left(a.content, ${FIXED_LIMITS.excerpt}))
    from messages a join users u on u.id = a.sender_id where a.id = m.reply_to limit 1) end`

/** Most messages have none, so one look into the index comes first. `me`: an aggregate over `x`, whether the reader is among them. */
const reactions = (me: string) => `case when (select true from reactions x where x.message_id = m.id limit 1) then (
    select json_agg(json_build_object('emoji', g.emoji, 'count', g.count, 'me', g.me) order by g.since, g.emoji)
    from (select x.emoji, count(*) as count, ${me} as me, min(x.created_at) as since from reactions x where x.message_id = m.id group by x.emoji) g) end`

export const readBy = (viewer: string): string => `coalesce(bool_or(x.user_id = ${viewer}), false)`

/** The columns of `m` and its sender, who comes with `senderJoin`. */
export const messageColumns = (me: string): string => `m.id as m_id, m.room_id as m_room_id, m.seq as m_seq, m.content as m_content,
  m.message_type as m_message_type, m.attachments as m_attachments, ${replyTo} as m_reply_to, m.mentions as m_mentions, ${reactions(me)} as m_reactions,
  m.pinned_at is not null as m_pinned, m.created_at as m_created_at, m.edited_at as m_edited_at, m.state as m_state, m.client_id as m_client_id,
  case when m.on_behalf_of is not null then (select user_view(u) from users u where u.id = m.on_behalf_of) end as m_on_behalf_of, ${senderColumns}`

/** The limit keeps it a look into the index, whatever the planner believes about the size of tables. */
export const senderJoin = 'left join lateral (select * from users u where u.id = m.sender_id limit 1) s on true'

export const messageOf = (row: MessageRow): Message => ({
  id: row.m_id,
  room_id: row.m_room_id,
  seq: row.m_seq,
  sender: senderOf(row),
  content: row.m_content,
  message_type: row.m_message_type,
  attachments: row.m_attachments ?? [],
  reply_to: row.m_reply_to,
  mentions: row.m_mentions ?? [],
  reactions: row.m_reactions ?? [],
  pinned: row.m_pinned,
  created_at: row.m_created_at,
  edited_at: row.m_edited_at,
  state: row.m_state,
  client_id: row.m_client_id,
  on_behalf_of: row.m_on_behalf_of,
})

const senderOf = (row: MessageRow): Message['sender'] => ({
  id: row.s_id,
  username: row.s_username,
  display_name: row.s_display_name,
  avatar_url: row.s_avatar_url,
  status_text: row.s_status_text,
  is_bot: row.s_is_bot,
  created_at: row.s_created_at,
})
