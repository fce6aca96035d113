/** Sessions in PostgreSQL. */
import { sql } from 'kysely'
import type { SessionStore } from '../../application/ports/users.ts'
import type { Sql } from './database.ts'

export const sessionStore = (db: Sql): SessionStore => ({
  async endAll(userId, now, except) {
    const ended = await db.rows(sql<{ id: string }>`
      update sessions set ended_at = ${now} where user_id = ${userId} and ended_at is null and id is distinct from ${except ?? null}::uuid returning id`)
    return ended.map(({ id }) => id)
  },
})
