/** Empties the outbox, in order, one leader at a time. It works behind the senders' backs, so it leaves most of the time to them. */
import { sql } from 'kysely'
import type { OutboxEvent, Relay, RelayConsumer } from '../../application/ports/relay.ts'
import type { Trace } from '../../application/ports/trace.ts'
import { type Database, type Sql, sqlOf } from './database.ts'

export type RelayPorts = {
  database: Database
  consumers: readonly RelayConsumer<Sql>[]
  onError: (error: unknown) => void
  trace?: Trace | null
}

/** Here it belongs to a transaction, so it cannot outlive its holder; the relay to Kafka holds the same for a session. */
export const LEADER_LOCK = 7_332_477
/** Taken at once: commits, and no more of them than have so many events, unless the first alone has more. A long turn would make the senders wait. */
const COMMITS = 64
const EVENTS = 256
const IDLE_MS = 2_000
/** Few messages are not taken one by one. */
const GATHER_MS = 20
/** For each millisecond of work, so many of rest: senders come first. But who is behind rests less, or a busy day would leave him behind for ever. */
const REST = 5
const REST_HALVES_EACH_MS = 5_000

export function createRelay({ database, consumers, onError, trace = null }: RelayPorts): Relay {
  let wake = () => {}
  let onNudge = () => {}
  let nudged = true
  let stopping = false
  const waitingForIdle: (() => void)[] = []

  /** Returns how many events were taken and when the last of them happened; null when another instance leads. */
  const step = (): Promise<{ events: number; upTo: string | undefined } | null> =>
    database.kysely.transaction().execute(async (trx) => {
      const db = sqlOf(trx)
      const leader = await db.row(sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${LEADER_LOCK}) as mine`)
      if (!leader?.mine) return null
      const events = await db.rows(sql<OutboxEvent>`
        with oldest as (select id, sum(cardinality(seqs)) over (order by id) - cardinality(seqs) as before from (select id, seqs from outbox order by id limit ${COMMITS}) o),
          taken as (delete from outbox where id in (select id from oldest where before < ${EVENTS}) returning id, streams, seqs)
        select l.stream, l.seq, l.type, l.message_id, l.event_id, l.actor_id, l.occurred_at
        from taken t, unnest(t.streams, t.seqs) with ordinality as x(stream, seq, ord),
          lateral (select * from log where log.stream = x.stream and log.seq = x.seq limit 1) l order by t.id, x.ord`)
      if (events.length > 0) for (const consume of consumers) await consume(db, events)
      return { events: events.length, upTo: events.at(-1)?.occurred_at }
    })

  async function run(): Promise<void> {
    while (!stopping) {
      nudged = false
      const started = performance.now()
      const taken = await step().catch((error: unknown) => {
        trace?.done({ name: 'relay turn', side: 'client' }, started, [], error)
        onError(error)
      })
      if (taken?.events === 0) for (const resolve of waitingForIdle.splice(0)) resolve()
      if (taken?.upTo) {
        trace?.done({ name: 'relay turn', side: 'client', about: { 'teahouse.events': taken.events } }, started)
        const behindMs = Math.max(0, Date.now() - Date.parse(taken.upTo))
        await rest(((performance.now() - started) * REST) / 2 ** (behindMs / REST_HALVES_EACH_MS))
      } else {
        if (!nudged) await rest(IDLE_MS, true)
        await rest(GATHER_MS)
      }
    }
  }

  function rest(ms: number, untilNudged = false): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      onNudge = untilNudged ? wake : () => {}
      if (stopping) wake()
    })
  }

  const running = run()
  return {
    nudge() {
      nudged = true
      onNudge()
    },
    idle: () =>
      new Promise((resolve) => {
        waitingForIdle.push(resolve)
        wake()
      }),
    async stop() {
      stopping = true
      wake()
      await running
      waitingForIdle.splice(0).forEach((resolve) => resolve())
    },
  }
}
