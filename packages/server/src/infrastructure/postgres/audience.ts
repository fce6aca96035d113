/** Who hears that somebody came or went: those who share a direct room, or a group that is not too large. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { Sql } from './database.ts'

export const audienceOf =
  (db: Sql) =>
  async (userIds: readonly string[]): Promise<Map<string, string[]>> => {
    const rows = await db.rows(sql<{ user_id: string; others: string[] }>`
      select mine.user_id, array_agg(distinct theirs.user_id) as others
      from members mine join rooms r on r.id = mine.room_id and r.member_count <= ${FIXED_LIMITS.presenceRoom} and r.deleted_at is null
      join members theirs on theirs.room_id = mine.room_id and theirs.user_id <> mine.user_id
      where mine.user_id = any(${userIds}::uuid[]) group by mine.user_id`)
    return new Map(rows.map(({ user_id, others }) => [user_id, others]))
  }
