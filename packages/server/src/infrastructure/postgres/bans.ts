/** Bans in PostgreSQL. */
import type { Ban } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { BanStore } from '../../application/ports/rooms.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Sql } from './database.ts'

export const banStore = (db: Sql): BanStore => ({
  async put(roomId, userId, { until, reason, created_by }, now) {
    await db.rows(sql`
      insert into bans (room_id, user_id, until, reason, created_by, created_at) values (${roomId}, ${userId}, ${until}, ${reason}, ${created_by}, ${now})
      on conflict (room_id, user_id) do update set until = excluded.until, reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at`)
  },
  async remove(roomId, userId, now) {
    const gone = await db.rows(sql`
      delete from bans where room_id = ${roomId} and user_id = ${userId} and (until is null or until > ${now}) returning 1`)
    return gone.length > 0
  },
  async page(roomId, { cursor, limit }, now) {
    const [at = null, id = null] = decodeCursor(cursor, ['time', 'id']) ?? []
    const rows = await db.rows(sql<Ban>`
      select user_view(u) as user, b.until, b.reason, b.created_at, b.created_by from bans b join users u on u.id = b.user_id
      where b.room_id = ${roomId} and (b.until is null or b.until > ${now}) and (${at}::timestamptz is null or (b.created_at, b.user_id) < (${at}::timestamptz, ${id}::uuid))
      order by b.created_at desc, b.user_id desc limit ${limit + 1}`)
    return pageOf(rows, limit, (ban) => [ban.created_at, ban.user.id])
  },
})
