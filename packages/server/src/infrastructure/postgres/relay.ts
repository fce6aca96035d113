/** Empties the outbox, in order, one leader at a time. It works behind the senders' backs, so it leaves most of the time to them. */
import { sql } from 'kysely'
import type { Relay } from '../../application/ports/relay.ts'
import type { Trace } from '../../application/ports/trace.ts'
import type { Database } from './database.ts'

export type RelayPorts = {
  database: Database
  /** Functions of the database, which take the streams and seqs of events. */
  acts: readonly string[]
  onError: (error: unknown) => void
  trace?: Trace | null
}

/** Held in each turn for as long as it lasts, so it cannot outlive its holder; the relay to Kafka holds the same for a session. */
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

type Turn = { taken: number | null; up_to: string | null }

export function createRelay({ database, acts, onError, trace = null }: RelayPorts): Relay {
  let wake = () => {}
  let onNudge = () => {}
  let nudged = true
  let stopping = false
  const waitingForIdle: (() => void)[] = []

  const calls = acts.map((act) => `, case when t.taken > 0 then ${act}(t.streams, t.seqs) end`).join('')
  /** One statement, and so one transaction: taken off and acted upon, or neither. `taken` null: another instance leads. */
  const turn = sql<Turn>`select t.taken, t.up_to${sql.raw(calls)} from take_turn(${COMMITS}, ${EVENTS}) t`

  async function run(): Promise<void> {
    while (!stopping) {
      nudged = false
      const started = performance.now()
      const taken = await database.row(turn).catch((error: unknown) => {
        trace?.done({ name: 'relay turn', side: 'client' }, started, [], error)
        onError(error)
      })
      if (taken?.taken === 0) for (const resolve of waitingForIdle.splice(0)) resolve()
      if (taken?.up_to) {
        trace?.done({ name: 'relay turn', side: 'client', about: { 'teahouse.events': taken.taken ?? 0 } }, started)
        const behindMs = Math.max(0, Date.now() - Date.parse(taken.up_to))
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
