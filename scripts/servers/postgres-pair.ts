/** A primary and a synchronous standby: what is acknowledged is on both, so the primary may die for good and the standby takes its place. */
import { until } from '../../packages/server/test/support/until.ts'
import { startPostgres, startStandby, type TestPostgres } from './postgres.ts'

export type PostgresPair = {
  /** Whoever takes writes now. */
  primary(): TestPostgres
  /** null between a failover and the next `join`. */
  standby(): TestPostgres | null
  /** Asks the primary. */
  ask: TestPostgres['ask']
  /** Kills the primary, which never comes back, and promotes the standby; resolves with the milliseconds that this took. */
  failOver(): Promise<number>
  /** A new standby for the primary; from then on it acknowledges nothing that is not on both. */
  join(): Promise<void>
  remove(): Promise<void>
}

/** A standby that was away finds what it missed, and asks for it again soon. */
const SETTINGS = { wal_keep_size: '512MB', wal_retrieve_retry_interval: '500ms', wal_receiver_timeout: '5s', wal_sender_timeout: '5s' }

/** `between`: puts something between the primary and the standby; answers the port at which the standby hears the primary. */
export async function startPostgresPair(between?: (primaryPort: () => number) => Promise<number>): Promise<PostgresPair> {
  let primary = await startPostgres(SETTINGS)
  let standby: TestPostgres | null = null
  const through = await between?.(() => primary.port)

  async function join(): Promise<void> {
    await standby?.remove()
    standby = null
    standby = await startStandby(primary, SETTINGS, through ?? primary.port)
    await primary.ask("alter system set synchronous_standby_names = '*'")
    await primary.ask('select pg_reload_conf()')
    await caughtUp(primary)
  }

  await join()
  return {
    primary: () => primary,
    standby: () => standby,
    ask: (text, values) => primary.ask(text, values),
    async failOver() {
      const next = standby
      if (!next) throw new Error('there is no standby')
      await caughtUp(primary)
      const started = Date.now()
      const dead = primary
      await dead.end('SIGKILL')
      await next.ask('select pg_promote(true, 60)')
      ;[primary, standby] = [next, null]
      const tookMs = Date.now() - started
      await dead.remove()
      return tookMs
    },
    join,
    async remove() {
      await standby?.remove()
      await primary.remove()
    },
  }
}

/**
 * Whoever promotes must know that the standby has all that anybody has seen: after a crash, or when a waiting session was ended, the
 * primary shows what the standby may not have yet.
 */
async function caughtUp(primary: TestPostgres): Promise<void> {
  const [now] = await primary.ask<{ at: string }>('select pg_current_wal_flush_lsn()::text as at')
  const has = async () =>
    (await primary.ask("select 1 from pg_stat_replication where sync_state = 'sync' and flush_lsn >= $1::pg_lsn", [now?.at])).length > 0
  await until(has, { withinMs: 60_000, everyMs: 50, what: 'the standby to have everything' })
}
