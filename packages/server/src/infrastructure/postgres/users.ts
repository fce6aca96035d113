/** Accounts in PostgreSQL. */
import type { User } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { UserStore } from '../../application/ports/users.ts'
import type { Sql } from './database.ts'

export const userStore = (db: Sql): UserStore => ({
  async byId(userId) {
    const found = await db.row(sql<{ view: User }>`select user_view(u) as view from users u where id = ${userId} and deleted_at is null`)
    return found?.view
  },
  async byIds(userIds) {
    const found = await db.rows(sql<{ view: User }>`
      select user_view(u) as view from unnest(${userIds}::uuid[]) with ordinality as w(id, ord) join users u using (id) where deleted_at is null order by ord`)
    return found.map(({ view }) => view)
  },
})
