/** What nobody will ask for again is taken away, a little at a time: ended sessions, unused tickets, answers to old requests, mutes that ran out. */
import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../../application/ports/transaction.ts'
import { ASLEEP_AFTER_MS } from '../../domain/session.ts'
import type { Sql } from './database.ts'

const EVERY_MS = 3_600_000
/** Rows of one statement: short enough to be in nobody's way. */
const AT_ONCE = 1_000
const DAY_MS = 86_400_000
/** So long an ended session is kept, for whoever asks what happened. */
const SESSIONS_KEPT_MS = 30 * DAY_MS
/** So long a repeat with the same Idempotency-Key gets the first answer. */
const ANSWERS_KEPT_MS = 7 * DAY_MS

export type HousekeepingPorts = { database: Sql; clock: Clock; onError: (error: unknown) => void }

/** Runs now and then until `stop`; several instances do not disturb each other. */
export function startHousekeeping({ database, clock, onError }: HousekeepingPorts, everyMs = EVERY_MS) {
  const stopping = new AbortController()
  const before = (ms: number) => new Date(clock.now().getTime() - ms).toISOString()

  async function clear(table: string, key: string, isOld: RawBuilder<unknown>): Promise<void> {
    const [from, by] = [sql.table(table), sql.ref(key)]
    for (let gone = AT_ONCE; gone === AT_ONCE && !stopping.signal.aborted;) {
      const rows = await database.rows(sql`
        delete from ${from} where ctid = any(array(select ctid from ${from} where ${isOld} order by ${by} limit ${AT_ONCE} for update skip locked)) returning 1`)
      gone = rows.length
    }
  }

  async function sweep(): Promise<void> {
    await clear('tickets', 'expires_at', sql`expires_at < ${before(0)}`)
    await clear('restraints', 'ends_at', sql`ends_at < ${before(0)}`)
    await clear('idempotency', 'created_at', sql`created_at < ${before(ANSWERS_KEPT_MS)}`)
    const [ended, asleep] = [before(SESSIONS_KEPT_MS), before(ASLEEP_AFTER_MS + SESSIONS_KEPT_MS)]
    await clear(
      'sessions',
      'id',
      sql`(ended_at < ${ended} or rotated_at < ${asleep}) and not exists (select 1 from tickets t where t.session_id = sessions.id)`,
    )
  }

  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = sweep().catch(onError)
  }, everyMs)
  return {
    sweep,
    async stop(): Promise<void> {
      stopping.abort()
      clearInterval(timer)
      await running
    },
  }
}
