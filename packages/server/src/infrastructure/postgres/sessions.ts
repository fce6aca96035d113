/** Sessions in PostgreSQL, and the tickets that stand for them for a moment. */
import type { Device } from '@teahouse/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { SessionStore, SignIn, WhyEnded } from '../../application/ports/users.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Sql } from './database.ts'
import { announceEnded } from './session-notices.ts'

export const sessionStore = (db: Sql): SessionStore => {
  /** Ends those that are open and `which` holds for; tells everybody at the commit. */
  const end = async (why: WhyEnded, now: string, which: RawBuilder<unknown>): Promise<string[]> => {
    const ended = await db.rows(sql<{ id: string }>`update sessions set ended_at = ${now} where ended_at is null and ${which} returning id`)
    const ids = ended.map(({ id }) => id)
    await announceEnded(db, ids, why)
    return ids
  }
  return {
    async insert({ id, user_id, origin }, now) {
      await db.rows(sql`
        insert into sessions (id, user_id, created_at, last_used_at, rotated_at, user_agent, address)
        values (${id}, ${user_id}, ${now}, ${now}, ${now}, ${origin.userAgent}, ${origin.address})`)
    },
    lock: (sessionId) =>
      db.row(sql<SignIn>`
        select s.id as session_id, s.generation, s.rotated_at, s.ended_at, s.last_used_at, me_view(u) as me
        from sessions s join users u on u.id = s.user_id where s.id = ${sessionId} for update of s`),
    async rotate(sessionId, { address, userAgent }, now) {
      await db.rows(sql`
        update sessions set generation = generation + 1, rotated_at = ${now}, last_used_at = ${now}, user_agent = ${userAgent}, address = ${address}
        where id = ${sessionId}`)
    },
    async touch(sessionId, now) {
      await db.rows(sql`update sessions set last_used_at = ${now} where id = ${sessionId} and ended_at is null`)
    },
    async end(userId, sessionId, now) {
      return (await end('session_ended', now, sql`id = ${sessionId} and user_id = ${userId}`)).length > 0
    },
    endAll: (userId, why, now, except) => end(why, now, sql`user_id = ${userId} and id is distinct from ${except ?? null}::uuid`),

    async page(userId, { cursor, limit }) {
      const [after = null] = decodeCursor(cursor, ['id']) ?? []
      const rows = await db.rows(sql<Omit<Device, 'current'>>`
        select id, created_at, last_used_at, user_agent, address from sessions
        where user_id = ${userId} and ended_at is null and (${after}::text is null or id::text < ${after}) order by id desc limit ${limit + 1}`)
      const page = pageOf(rows, limit, ({ id }) => [id])
      return { ...page, items: page.items.map((row) => ({ ...row, current: false })) }
    },

    async insertTicket(hash, sessionId, expiresAt, now) {
      // whoever makes one takes a few old ones away, past those that somebody else is taking away
      await db.rows(
        sql`delete from tickets where hash in (select hash from tickets where expires_at < ${now} limit 100 for update skip locked)`,
      )
      await db.rows(sql`insert into tickets (hash, session_id, expires_at) values (${hash}, ${sessionId}, ${expiresAt})`)
    },
    async takeTicket(hash, now) {
      const taken = await db.row(sql<{ session_id: string; expires_at: string }>`
        delete from tickets where hash = ${hash} returning session_id, expires_at`)
      return taken && taken.expires_at > now ? taken.session_id : undefined
    },
  }
}
