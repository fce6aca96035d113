/** The relay to Kafka: the leader reads the outbox, oldest first, sends, and takes off what Kafka has. What is sent twice has the same event_id. */
import type { Relay } from '../../application/ports/relay.ts'
import type { Trace } from '../../application/ports/trace.ts'
import { type Connection } from '../postgres/database.ts'
import { createLeadership } from '../postgres/leader.ts'
import type { Outbox } from '../postgres/outbox.ts'
import { createPublisher, ensureTopics, type KafkaSettings, pauseMs, type Publisher } from './client.ts'
import { DEAD_LETTERS, type KafkaRecord, newTraceparent, recordsOf, TOPICS } from './records.ts'

export type KafkaRelayPorts = {
  settings: KafkaSettings
  connection: Connection
  outbox: Outbox
  onSent: (records: number) => void
  onRetry: (error: unknown) => void
  onError: (error: unknown) => void
  trace: Trace | null
}

const IDLE_MS = 1_000
const GATHER_MS = 20
const PART_BYTES = 700_000
/** Key, headers and frame of a record, generously. */
const RECORD_BYTES = 400

export function createKafkaRelay({
  settings,
  connection,
  outbox,
  onSent,
  onRetry,
  onError,
  trace,
}: KafkaRelayPorts): Relay & { leads(): boolean } {
  let wake = () => {}
  let nudged = false
  let leading = false
  let waitingForIdle: (() => void)[] = []

  async function lead(signal: AbortSignal): Promise<void> {
    leading = true
    const publisher = createPublisher(settings, onRetry)
    signal.addEventListener('abort', () => {
      wake()
      void publisher.close().catch(() => {})
    })
    try {
      await makeTopics(signal)
      await passOn(publisher, signal)
    } catch (error) {
      if (!signal.aborted) onError(error)
    } finally {
      leading = false
      await publisher.close().catch(() => {})
    }
  }

  async function makeTopics(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await ensureTopics(settings, [...TOPICS, DEAD_LETTERS], signal)
      } catch (error) {
        if (signal.aborted) return
        onRetry(error)
        if (attempt === 1) onError(error)
        await rest(pauseMs(attempt), signal)
      }
    }
  }

  /** Until it no longer leads. Trouble with the database is waited out; trouble with Kafka waits inside `publish`. */
  async function passOn(publisher: Publisher, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const started = performance.now()
      try {
        nudged = false
        const { commits, events } = await outbox.oldest()
        const traceparent = newTraceparent()
        const records = events.flatMap((event) => recordsOf(event, settings.topicPrefix, traceparent))
        for (const part of partsOf(records)) await publisher.publish(part)
        if (signal.aborted) return
        if (commits.length > 0) await outbox.done(commits)
        onSent(records.length)
        failures = 0
        if (commits.length > 0) {
          trace?.done({ name: 'relay turn', side: 'client', about: { 'teahouse.events': events.length } }, started)
          continue
        }
        for (const resolve of waitingForIdle.splice(0)) resolve()
        if (!nudged) await rest(IDLE_MS, signal)
        await rest(GATHER_MS, signal)
      } catch (error) {
        if (signal.aborted) return
        trace?.done({ name: 'relay turn', side: 'client' }, started, [], error)
        onError(error)
        await rest(pauseMs(++failures), signal)
      }
    }
  }

  function rest(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (signal.aborted) wake()
    })
  }

  const leadership = createLeadership(connection, lead, onError)
  return {
    leads: () => leading,
    nudge() {
      if (nudged) return
      nudged = true
      wake()
    },
    idle: () =>
      new Promise((resolve) => {
        waitingForIdle.push(resolve)
        wake()
      }),
    async stop() {
      await leadership.stop()
      for (const resolve of waitingForIdle) resolve()
      waitingForIdle = []
    },
  }
}

/** A broker takes a mebibyte for one partition at once, and all of it may be for one. */
function* partsOf(records: readonly KafkaRecord[]): Generator<KafkaRecord[]> {
  let part: KafkaRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = Buffer.byteLength(record.value) + RECORD_BYTES
    if (part.length > 0 && bytes + size > PART_BYTES) {
      yield part
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  if (part.length > 0) yield part
}
