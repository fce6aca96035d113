/** Word of ended sessions through PostgreSQL itself: whoever ends one, in whatever process, all hear of it when it is committed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { SessionEnded, WhyEnded } from '../../application/ports/users.ts'
import type { Connection, Sql } from './database.ts'

const CHANNEL = 'teahouse_session_ended'
const AGAIN_AFTER_MS = [100, 500, 2_000, 5_000]

/** Part of the transaction that ends them. Ends of sessions are rare; a NOTIFY for each message would hold up all commits. */
export async function announceEnded(db: Sql, sessionIds: readonly string[], why: WhyEnded): Promise<void> {
  if (sessionIds.length === 0) return
  await db.rows(sql`select pg_notify(${CHANNEL}, ${why} || ' ' || id) from unnest(${sessionIds}::text[]) as w(id)`)
}

export type SessionNotices = { stop(): Promise<void> }

/**
 * Listens on a session of its own until `stop`, for ever trying again. Between two connections notices are lost: `onGap` is called at
 * every connect, and must ask the database about all sessions that matter.
 */
export function listenForEnded(connection: Connection, onEnded: SessionEnded, onGap: () => void): SessionNotices {
  const stopping = new AbortController()
  const asked = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
  let client: pg.Client | null = null

  async function listen(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        const { gone } = await connect()
        failures = 0
        onGap()
        await gone
      } catch {} // not there now: the process notices that by its pool, and we try again
      const wait = AGAIN_AFTER_MS[Math.min(failures++, AGAIN_AFTER_MS.length - 1)]
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  /** Answers, once it listens, a promise of the connection's end. */
  async function connect(): Promise<{ gone: Promise<void> }> {
    const options = typeof connection === 'string' ? { connectionString: connection } : connection
    const fresh = new pg.Client({
      ...options,
      application_name: `teahouse ${process.pid}`,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    })
    client = fresh
    const gone = new Promise<void>((resolve) => fresh.once('end', () => resolve()))
    fresh.on('error', () => {}) // it ends then
    fresh.on('notification', ({ payload = '' }) => {
      const [why, sessionId] = payload.split(' ')
      if (sessionId && (why === 'session_ended' || why === 'account_suspended')) onEnded([sessionId], why)
    })
    const listening = fresh.connect().then(() => fresh.query(`listen ${CHANNEL}`))
    await Promise.race([listening, asked]) // a client that is ended while it connects never answers
    return { gone: Promise.race([gone, asked]) }
  }

  const done = listen()
  return {
    async stop() {
      stopping.abort()
      await done
      void client?.end().catch(() => {})
    },
  }
}
