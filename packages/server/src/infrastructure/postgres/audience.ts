/** Where it is told that somebody came or went: in direct rooms, and in groups that are not too large. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import type { Sql } from './database.ts'
import { given } from './given.ts'

const AUDIENCE = `
  select w.id as user_id, array_agg(p.room_id) as rooms from unnest(${given('$1::uuid[]')}) as w(id)
    cross join lateral (select room_id from members where user_id = w.id offset 0) p
    cross join lateral (select * from rooms r where r.id = p.room_id limit 1) r
  where r.member_count between 2 and ${FIXED_LIMITS.presenceRoom} and r.deleted_at is null
  group by w.id`

/** The rooms of each user. */
export const audienceOf =
  (db: Sql) =>
  async (userIds: readonly string[]): Promise<Map<string, string[]>> => {
    const rows = await db.read<{ user_id: string; rooms: string[] }>(AUDIENCE, [userIds])
    return new Map(rows.map(({ user_id, rooms }) => [user_id, rooms]))
  }
