/** One leader among all instances: whoever holds an advisory lock on a session of its own; when he dies, PostgreSQL gives it to another. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Connection } from './database.ts'
import { LEADER_LOCK } from './relay.ts'

const TRY_EVERY_MS = 1_000
const PROVE_EVERY_MS = 1_500
const ANSWERS_WITHIN_MS = 3_000
/**
 * The server too must find out that a leader is gone who said no goodbye: by keepalives, by writes that nobody acknowledges, and, where the
 * machine answers for a process that is frozen, by the proofs that do not come.
 */
const SESSION =
  '-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2 -c tcp_user_timeout=4000 -c idle_session_timeout=4000'

export type Leadership = { stop(): Promise<void> }

/**
 * Calls `lead` whenever this instance becomes the leader; its signal ends when it no longer is. For a moment two may believe that they lead,
 * so what leaders do must bear to be done twice.
 */
export function createLeadership(
  connection: Connection,
  lead: (signal: AbortSignal) => Promise<void>,
  onError: (error: unknown) => void,
): Leadership {
  const stopping = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})

  async function term(): Promise<void> {
    const options = typeof connection === 'string' ? { connectionString: connection } : connection
    const client = new pg.Client({
      ...options,
      application_name: `teahouse ${process.pid} relay`,
      connectionTimeoutMillis: ANSWERS_WITHIN_MS,
      query_timeout: ANSWERS_WITHIN_MS,
      keepAlive: true,
      options: SESSION,
    })
    const over = new AbortController()
    client.on('error', () => over.abort())
    client.on('end', () => over.abort())
    stopping.signal.addEventListener('abort', () => over.abort(), { signal: over.signal })
    try {
      await client.connect()
      while (!over.signal.aborted && !(await isMine(client))) await pause(TRY_EVERY_MS)
      if (over.signal.aborted) return
      const leading = lead(over.signal).finally(() => over.abort())
      await proveUntil(client, over)
      await leading
    } finally {
      over.abort()
      await client.end().catch(() => {})
    }
  }

  /** A session that does not answer may have been given up by the server already. */
  async function proveUntil(client: pg.Client, over: AbortController): Promise<void> {
    while (!over.signal.aborted) {
      await sleep(PROVE_EVERY_MS, undefined, { signal: over.signal }).catch(() => {})
      if (!over.signal.aborted) await client.query('select 1').catch(() => over.abort())
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await term().catch(onError)
      await pause(TRY_EVERY_MS)
    }
  }
  const done = run()
  return {
    async stop() {
      stopping.abort()
      await done
    },
  }
}

async function isMine(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LEADER_LOCK])
  return rows[0]?.mine ?? false
}
