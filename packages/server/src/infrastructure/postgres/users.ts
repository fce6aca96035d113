/** Accounts in PostgreSQL. */
import { ChatError, type Me, type User } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { Account, UserStore } from '../../application/ports/users.ts'
import { nameKey } from '../../domain/name.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { type Sql, violatedUnique } from './database.ts'
import { startingWith } from './patterns.ts'

const account = sql`select me_view(u) as me, u.password_hash from users u where u.deleted_at is null`

export const userStore = (db: Sql): UserStore => {
  /** Changes an account that is there, and answers what it is now. */
  const change = async (userId: string, to: ReturnType<typeof sql>): Promise<Me | undefined> =>
    (await db.row(sql<{ me: Me }>`update users u set ${to} where id = ${userId} and deleted_at is null returning me_view(u) as me`))?.me
  return {
    async byId(userId) {
      const found = await db.row(sql<{ view: User }>`select user_view(u) as view from users u where id = ${userId} and deleted_at is null`)
      return found?.view
    },
    async byIds(userIds) {
      const found = await db.rows(sql<{ view: User }>`
        select user_view(u) as view from unnest(${userIds}::uuid[]) with ordinality as w(id, ord) join users u using (id) where deleted_at is null order by ord`)
      return found.map(({ view }) => view)
    },
    account: (userId) => db.row(sql<Account>`${account} and u.id = ${userId}`),
    // the strongest lock: one that makes the account a member of something holds it by a key share, which lesser locks let pass
    lockAccount: (userId) => db.row(sql<Account>`${account} and u.id = ${userId} for update`),
    accountByLogin: (key) => db.row(sql<Account>`${account} and (u.username_key = ${key} or u.email_key = ${key})`),
    async insert({ id, username, email, password_hash, display_name }, now) {
      try {
        const made = await db.row(sql<{ me: Me }>`
          insert into users as u (id, username, username_key, email, email_key, password_hash, display_name, created_at)
          values (${id}, ${username}, ${nameKey(username)}, ${email}, ${nameKey(email)}, ${password_hash}, ${display_name}, ${now}) returning me_view(u) as me`)
        if (made) return made.me
      } catch (error) {
        const constraint = violatedUnique(error)
        if (constraint === 'users_username_key_key') throw new ChatError('username_taken')
        if (constraint === 'users_email_key_key') throw new ChatError('email_taken')
        throw error
      }
      throw new Error('the new account did not come back')
    },
    async update(userId, changes) {
      const given = Object.entries(changes).filter(([, value]) => value !== undefined)
      if (given.length === 0) return (await db.row(sql<Account>`${account} and u.id = ${userId}`))?.me
      return change(userId, sql.join(given.map(([column, value]) => sql`${sql.ref(column)} = ${value}`)))
    },
    async setPassword(userId, hash) {
      await change(userId, sql`password_hash = ${hash}`)
    },
    setStatus: (userId, status) => change(userId, sql`status = ${status}`),
    setAdmin: (userId, isAdmin) => change(userId, sql`is_admin = ${isAdmin}`),
    async erase(userId, { username, display_name }, now) {
      await db.rows(sql`
        update users set username = ${username}, username_key = ${nameKey(username)}, display_name = ${display_name}, email = null, email_key = null,
          password_hash = null, avatar_url = null, status_text = null, is_admin = false, status = 'inactive', deleted_at = ${now} where id = ${userId}`)
      await db.rows(sql`insert into erasures (user_id, began_at) values (${userId}, ${now})`)
    },
    async search(beginning, { cursor, limit }) {
      const [after = null] = decodeCursor(cursor, ['text']) ?? []
      const [username, displayName] = [startingWith(nameKey(beginning)), startingWith(beginning)]
      const rows = await db.rows(sql<{ view: User; username_key: string }>`
        select user_view(u) as view, u.username_key from users u
        where u.deleted_at is null and (u.username_key like ${username} or lower(u.display_name) like lower(${displayName}))
          and (${after}::text is null or u.username_key > ${after}) order by u.username_key limit ${limit + 1}`)
      const page = pageOf(rows, limit, (row) => [row.username_key])
      return { items: page.items.map(({ view }) => view), next_cursor: page.next_cursor }
    },
  }
}
