/** Messages in PostgreSQL, once they are written; the writer that appends them has its own file. */
import type { Message } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { MessageStore, StoredMessage } from '../../application/ports/messages.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Sql } from './database.ts'
import { messageJoins, messageJson } from './views.ts'

export const messageStore = (db: Sql): MessageStore => ({
  stored: (messageId) =>
    db.row(sql<StoredMessage>`
      select id, room_id, seq, sender_id, content, state, created_at, coalesce(mentions, '{}') as mentions, pinned_at is not null as pinned
      from messages where id = ${messageId}`),

  async view(messageId, viewerId) {
    return (
      await db.row(
        sql<{
          view: Message
        }>`select ${messageJson} as view from messages m ${messageJoins(sql`${viewerId}::uuid`)} where m.id = ${messageId}`,
      )
    )?.view
  },

  async history(roomId, { pivot, before, after }, viewerId) {
    const side = (rows: ReturnType<typeof sql>) =>
      sql`(select coalesce(json_agg(${messageJson} order by m.seq), '[]') from (${rows}) m ${messageJoins(sql`${viewerId}::uuid`)})`
    const row = await db.row(sql<{ last_seq: number; older: Message[]; newer: Message[] }>`
      select last_seq,
        ${side(sql`select * from messages where room_id = ${roomId} and seq < ${pivot} order by seq desc limit ${before + 1}`)} as older,
        ${side(sql`select * from messages where room_id = ${roomId} and seq >= ${pivot} order by seq limit ${after + 1}`)} as newer
      from streams where id = ${roomId}`)
    const { older, newer, last_seq } = row ?? { older: [], newer: [], last_seq: 0 }
    return {
      items: [...older.slice(Math.max(0, older.length - before)), ...newer.slice(0, after)],
      has_more_before: older.length > before,
      has_more_after: newer.length > after,
      last_seq,
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
      update messages set content = '', attachments = null, mentions = null, kept = null, pinned_at = null, state = ${state} where id = ${id}`)
    await db.rows(sql`delete from mentions where room_id = ${room_id} and seq = ${seq} and user_id = any(${mentions}::uuid[])`)
    await db.rows(sql`delete from reactions where message_id = ${id}`)
    await db.rows(sql`delete from message_terms where message_id = ${id}`)
    await db.rows(sql`
      update events set payload = jsonb_set(payload::jsonb, '{message}', payload::jsonb->'message' || '{"content": "", "attachments": [], "mentions": []}')::json
      where message_id = ${id} and type = 'message_edited'`)
    await db.rows(sql`
      update events e set payload = jsonb_set(payload::jsonb, '{message,reply_to,excerpt}', '""')::json
      from messages a where a.reply_to = ${id} and e.message_id = a.id and e.type = 'message_edited'`)
  },

  async addReaction(messageId, userId, emoji, now) {
    const added = await db.rows(sql`
      insert into reactions (message_id, emoji, user_id, created_at) values (${messageId}, ${emoji}, ${userId}, ${now}) on conflict do nothing returning 1`)
    return added.length > 0
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
    const rows = await db.rows(sql<{ view: Message; pinned_at: string }>`
      select ${messageJson} as view, m.pinned_at from messages m ${messageJoins(sql`${viewerId}::uuid`)}
      where m.room_id = ${roomId} and m.pinned_at is not null and (${at}::timestamptz is null or (m.pinned_at, m.id) < (${at}::timestamptz, ${id}::uuid))
      order by m.pinned_at desc, m.id desc limit ${limit + 1}`)
    const page = pageOf(rows, limit, (row) => [row.pinned_at, row.view.id])
    return { items: page.items.map(({ view }) => view), next_cursor: page.next_cursor }
  },
})
