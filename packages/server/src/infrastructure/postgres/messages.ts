/** Messages in PostgreSQL, once they are written; the writer that appends them has its own file. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { MessageStore, StoredMessage } from '../../application/ports/messages.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Sql } from './database.ts'
import { given } from './given.ts'
import { messageColumns, messageOf, type MessageRow, readBy, senderJoin } from './views.ts'

const COLUMNS = messageColumns(readBy('$2::uuid'))
const VIEW = `select ${COLUMNS} from messages m ${senderJoin} where m.id = $1`
const PINS = `
  select ${COLUMNS}, m.pinned_at from messages m ${senderJoin}
  where m.room_id = $1 and m.pinned_at is not null and ($3::timestamptz is null or (m.pinned_at, m.id) < ($3::timestamptz, $4::uuid))
  order by m.pinned_at desc, m.id desc limit $5`

/** Of the member `p`. The outer limit is a parameter, the inner one tells the planner that there will never be many. */
const side = (condition: string, order: string, limit: string) => `(
    select * from (select * from messages where room_id = p.room_id and ${condition} order by seq ${order} limit ${FIXED_LIMITS.page.max + 1}) near limit ${limit})`
const PIVOT = given('$3::bigint')
/** Nothing for those who are not in the room. The room's end is on every row: on one without a message, when there is none. */
const HISTORY = `
  select t.last_seq, ${COLUMNS}
  from members p join streams t on t.id = p.room_id left join lateral (
    ${side(`seq < ${PIVOT}`, 'desc', given('$4::int'))} union all ${side(`seq >= ${PIVOT}`, 'asc', given('$5::int'))}) m on true ${senderJoin}
  where p.room_id = $1 and p.user_id = $2`
type Spot = MessageRow & { last_seq: number }

export const messageStore = (db: Sql): MessageStore => ({
  stored: (messageId) =>
    db.row(sql<StoredMessage>`
      select id, room_id, seq, sender_id, content, state, created_at, coalesce(mentions, '{}') as mentions, pinned_at is not null as pinned
      from messages where id = ${messageId}`),

  async view(messageId, viewerId) {
    const [row] = await db.read<MessageRow>(VIEW, [messageId, viewerId])
    return row && messageOf(row)
  },

  async history(roomId, { pivot, before, after }, viewerId) {
    const rows = await db.read<Spot>(HISTORY, [roomId, viewerId, pivot, before + 1, after + 1])
    const [first] = rows
    if (!first) return undefined
    const found = rows.filter((row) => row.m_id !== null).toSorted((a, b) => a.m_seq - b.m_seq)
    const older = found.filter(({ m_seq }) => m_seq < pivot).length
    return {
      items: found.slice(Math.max(0, older - before), older + after).map(messageOf),
      has_more_before: older > before,
      has_more_after: found.length - older > after,
      last_seq: first.last_seq,
    }
  },

  async edit({ id, room_id, seq, mentions }, content, mentionNames, now) {
    await db.rows(sql`delete from mentions where room_id = ${room_id} and seq = ${seq} and user_id = any(${mentions}::uuid[])`)
    await db.rows(sql`
      with mentioned as (
        select distinct p.user_id from unnest(${mentionNames}::text[]) as w(name) join users u on u.username_key = w.name
        join members p on p.room_id = ${room_id} and p.user_id = u.id),
      n as (insert into mentions (user_id, room_id, seq) select user_id, ${room_id}, ${seq} from mentioned)
      update messages set kept = coalesce(kept, json_build_object('content', content, 'mentions', to_json(coalesce(mentions, '{}')))),
        content = ${content}, edited_at = ${now}, mentions = (select array_agg(user_id) from mentioned) where id = ${id}`)
  },

  async erase({ id, room_id, seq, mentions }, state) {
    await db.rows(sql`
      update messages set content = '', fingerprint = null, attachments = null, mentions = null, kept = null, pinned_at = null, state = ${state} where id = ${id}`)
    await db.rows(sql`delete from mentions where room_id = ${room_id} and seq = ${seq} and user_id = any(${mentions}::uuid[])`)
    await db.rows(sql`delete from reactions where message_id = ${id}`)
    await db.rows(sql`
      update events set payload = jsonb_set(payload::jsonb, '{message}',
        payload::jsonb->'message' || '{"content": "", "attachments": [], "mentions": []}' || jsonb_build_object('state', ${state}::text))::json
      where message_id = ${id} and type = 'message_edited'`)
    await db.rows(sql`
      update events e set payload = jsonb_set(payload::jsonb, '{message,reply_to,excerpt}', '""')::json
      from messages a where a.reply_to = ${id} and e.message_id = a.id and e.type = 'message_edited'`)
  },

  async addReaction(messageId, userId, emoji, now) {
    const outcome = await db.row(sql<{ outcome: 'added' | 'known' | 'full' }>`
      with there as (select count(distinct emoji) as kinds, coalesce(bool_or(emoji = ${emoji}), false) as has from reactions where message_id = ${messageId}),
      added as (
        insert into reactions (message_id, emoji, user_id, created_at) select ${messageId}, ${emoji}, ${userId}, ${now} from there
        where has or kinds < ${FIXED_LIMITS.reactions} on conflict do nothing returning 1)
      select case when exists (select from added) then 'added' when has then 'known' else 'full' end as outcome from there`)
    return outcome?.outcome ?? 'known'
  },
  async removeReaction(messageId, userId, emoji) {
    const gone = await db.rows(
      sql`delete from reactions where message_id = ${messageId} and emoji = ${emoji} and user_id = ${userId} returning 1`,
    )
    return gone.length > 0
  },

  async setPinned(messageId, at) {
    await db.rows(sql`update messages set pinned_at = ${at} where id = ${messageId}`)
  },
  async pins(roomId, { cursor, limit }, viewerId) {
    const [at = null, id = null] = decodeCursor(cursor, ['time', 'id']) ?? []
    const rows = await db.read<MessageRow & { pinned_at: string }>(PINS, [roomId, viewerId, at, id, limit + 1])
    const page = pageOf(rows, limit, (row) => [row.pinned_at, row.m_id])
    return { items: page.items.map(messageOf), next_cursor: page.next_cursor }
  },
})
