/** How we talk to Kafka: addresses, credentials, and pauses that grow; the settings that survived kills and lost answers. */
import { Admin, compatibilityPartitioner, ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka'
import { within } from '../../domain/within.ts'
import type { KafkaRecord } from './records.ts'

export type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

export type KafkaSettings = {
  readonly brokers: readonly string[]
  readonly topicPrefix: string
  readonly username: string | null
  readonly password: string | null
  readonly tls: boolean
  /** null: SCRAM-SHA-512 without TLS, PLAIN with it. */
  readonly mechanism: Mechanism | null
  readonly partitions: number
  readonly retentionHours: number
}

/** Milliseconds before the attempt after `attempt`: an outage must not make thousands of attempts, each of which is remembered. */
export const pauseMs = (attempt: number): number => Math.min(100 * 2 ** Math.min(attempt - 1, 10), 3_000)

/** `onRetry` hears of each failure after which the library tries again by itself. */
export function connectionOf(settings: KafkaSettings, onRetry: (error: unknown) => void = () => {}) {
  const { brokers, username, password, tls } = settings
  // Without TLS a password must not be readable on the way, so it proves itself by challenge.
  const mechanism = settings.mechanism ?? (tls ? 'PLAIN' : 'SCRAM-SHA-512')
  return {
    bootstrapBrokers: [...brokers],
    strict: true,
    connectTimeout: 2_000,
    timeout: 10_000,
    retryDelay: (_client: unknown, _operation: string, attempt: number, _retries: number, error: Error) => {
      onRetry(error)
      return pauseMs(attempt)
    },
    ...(tls ? { tls: {} } : {}),
    ...(username !== null && password !== null ? { sasl: { mechanism, username, password } } : {}),
  }
}

export type Publisher = {
  /** Resolves when Kafka has all of it. One call at a time, in the order of the calls; an outage is waited out. */
  publish(records: readonly KafkaRecord[]): Promise<void>
  /** Ends at once; what was under way rejects, and may or may not be written. */
  close(): Promise<void>
}

/**
 * Two sends under way at once double records when the broker restarts, and so does a send that gave up: hence one at a time, large, and
 * tried again without end inside the library.
 */
export function createPublisher(settings: KafkaSettings, onRetry: (error: unknown) => void): Publisher {
  const producer = new Producer({
    ...connectionOf(settings, onRetry),
    clientId: 'teahouse-relay',
    serializers: stringSerializers,
    idempotent: true,
    acks: ProduceAcks.ALL,
    partitioner: compatibilityPartitioner,
    compression: 'lz4',
    retries: true,
  })
  let last: Promise<unknown> = Promise.resolve()
  return {
    publish(records) {
      const sent = last.then(async () => void (await producer.send({ messages: records.map((record) => ({ ...record })) })))
      last = sent.catch(() => {})
      return sent
    },
    close: () => producer.close(),
  }
}

/** Whoever leaves waits no longer than this for a broker that may be frozen. */
export const GOODBYE_MS = 1_000
const MS_PER_HOUR = 3_600_000

/** Makes the topics that do not exist; those that do are left as they are. Throws when Kafka is away, and at once when the signal comes. */
export async function ensureTopics(settings: KafkaSettings, names: readonly string[], signal: AbortSignal): Promise<void> {
  const admin = new Admin({ ...connectionOf(settings), clientId: 'teahouse-topics', retries: 1 })
  const configs = [{ name: 'retention.ms', value: String(settings.retentionHours * MS_PER_HOUR) }]
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  stopped.catch(() => {})
  const stop = () => reject(new Error('stopping'))
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    for (const name of names) {
      const topic = { topics: [`${settings.topicPrefix}${name}`], partitions: settings.partitions, replicas: -1, configs }
      const made = admin.createTopics(topic).catch((error: unknown) => {
        if (!existsAlready(error) && !signal.aborted) throw error
      })
      await Promise.race([made, stopped])
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await within(GOODBYE_MS, admin.close())
  }
}

const existsAlready = (error: unknown): boolean =>
  Boolean((error as { findBy?: (key: string, value: string) => unknown }).findBy?.('apiId', 'TOPIC_ALREADY_EXISTS'))
