/** Where it is told that somebody came or went: in direct rooms, and in groups that are not too large. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { Sql } from './database.ts'

/** The rooms of each user. */
export const audienceOf =
  (db: Sql) =>
  async (userIds: readonly string[]): Promise<Map<string, string[]>> => {
    const rows = await db.rows(sql<{ user_id: string; rooms: string[] }>`
      select p.user_id, array_agg(p.room_id) as rooms from members p join rooms r on r.id = p.room_id
      where p.user_id = any(${userIds}::uuid[]) and r.member_count between 2 and ${FIXED_LIMITS.presenceRoom} and r.deleted_at is null
      group by p.user_id`)
    return new Map(rows.map(({ user_id, rooms }) => [user_id, rooms]))
  }
