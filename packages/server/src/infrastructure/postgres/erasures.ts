/** What is left of deleted accounts in PostgreSQL: found by index, and taken out a little at a time. */
import { sql } from 'kysely'
import type { Erasures } from '../../application/ports/erasures.ts'
import { goneUsername } from '../../domain/user.ts'
import type { Sql } from './database.ts'

/** Events of one statement: short enough to be in nobody's way. */
const AT_ONCE = 200

type Place = { stream: string; seq: number }

export const createErasures = (db: Sql): Erasures => {
  /** Whoever is named in `said` and not as somebody who is gone. */
  const stillNamed = (said: 'payload' | 'answer', userId: string) => sql`names_in(${sql.ref(said)}) @> array[${userId}]::uuid[]
    and jsonb_path_exists(${sql.ref(said)}::jsonb, 'strict $.** ? (@.id == $id && @.username != $name)',
      ${JSON.stringify({ id: userId, name: goneUsername(userId) })}::jsonb, true)`

  const eventsNaming = (userId: string) =>
    db.rows(sql<Place>`
      select stream, seq from events
      where type in ('user_joined_room', 'message_edited', 'room_added', 'user_updated') and ${stillNamed('payload', userId)} order by stream, seq`)

  /** The row stays, and its place in the log. Waits for nobody: a message that is being erased has its events held, and they are found again. */
  const rename = (userId: string, places: readonly Place[]) =>
    db.rows(sql`
      with free as (
        select e.stream, e.seq from unnest(${places.map((p) => p.stream)}::uuid[], ${places.map((p) => p.seq)}::bigint[]) as w(stream, seq)
        join events e on e.stream = w.stream and e.seq = w.seq for update of e skip locked)
      update events e set payload = without_name(e.payload::jsonb, u.id, user_view(u)::jsonb)::json from free f, users u
      where e.stream = f.stream and e.seq = f.seq and u.id = ${userId}`)

  const renameInAnswers = (userId: string) =>
    db.rows(sql`
      update idempotency i set answer = without_name(i.answer::jsonb, u.id, user_view(u)::jsonb)::json from users u
      where u.id = ${userId} and ${stillNamed('answer', userId)} returning 1`)

  return {
    async waiting() {
      const rows = await db.rows(sql<{ user_id: string }>`select user_id from erasures order by began_at, user_id`)
      return rows.map(({ user_id }) => user_id)
    },
    async moment() {
      const row = await db.row(sql<{ at: string }>`select pg_snapshot_xmax(pg_current_snapshot())::text as at`)
      return row?.at ?? '0'
    },
    async isOver(moment) {
      const row = await db.row(sql<{ over: boolean }>`select pg_snapshot_xmin(pg_current_snapshot()) >= ${moment}::xid8 as over`)
      return row?.over ?? false
    },
    async forget(userId) {
      // what was under way when the account was deleted may have left some of this
      await db.rows(sql`
        update sessions set user_agent = null, address = null where user_id = ${userId} and (user_agent is not null or address is not null)`)
      await db.rows(sql`delete from idempotency where user_id = ${userId}`)
      await db.rows(sql`delete from bans where user_id = ${userId}`)
      await db.rows(sql`
        delete from restraints where ctid = any(array(select ctid from restraints where user_id = ${userId} order by room_id for update))`)
      const events = await eventsNaming(userId)
      for (let i = 0; i < events.length; i += AT_ONCE) await rename(userId, events.slice(i, i + AT_ONCE))
      return events.length + (await renameInAnswers(userId)).length
    },
    async end(userId) {
      await db.rows(sql`delete from erasures where user_id = ${userId}`)
    },
  }
}
