/** The log's way out: through Kafka and back to our consumers, or, without Kafka, to the consumers in the transaction that empties the outbox. */
import type { Relay } from '../../application/ports/relay.ts'
import type { NamedConsumer } from '../postgres/consumption.ts'
import type { Connection, Database } from '../postgres/database.ts'
import { createOutbox } from '../postgres/outbox.ts'
import { createRelay } from '../postgres/relay.ts'
import { type Consumers, startConsumers } from './consumers.ts'
import type { KafkaSettings } from './client.ts'
import { createKafkaRelay } from './relay.ts'

export type WayOutMeters = {
  relayed(records: number): void
  kafkaRetried(): void
  consumed(consumer: string, events: number): void
  putAside(consumer: string): void
  watch(name: string, help: string, read: () => number | Promise<number>): void
}

export type WayOutPorts = {
  kafka: KafkaSettings | null
  connection: Connection
  database: Database
  consumers: readonly NamedConsumer[]
  meters: WayOutMeters
  onError: (error: unknown) => void
  onPutAside: (consumer: string, reason: string) => void
}

export function createWayOut({ kafka, connection, database, consumers, meters, onError, onPutAside }: WayOutPorts): Relay {
  const outbox = createOutbox(database)
  meters.watch('outbox_commits', 'Commits whose events were not passed on yet.', async () => (await outbox.waiting()).commits)
  meters.watch('outbox_oldest_ms', 'Milliseconds that the oldest of them has waited.', async () => (await outbox.waiting()).oldestMs)
  if (!kafka) return createRelay({ database, consumers: consumers.map(({ consume }) => consume), onError })
  const onRetry = () => meters.kafkaRetried()
  const relay = createKafkaRelay({ settings: kafka, connection, outbox, onSent: (records) => meters.relayed(records), onRetry, onError })
  const reading: Consumers = startConsumers({
    settings: kafka,
    database,
    consumers,
    onConsumed: (consumer, events) => meters.consumed(consumer, events),
    onPutAside(consumer, reason) {
      meters.putAside(consumer)
      onPutAside(consumer, reason)
    },
    onRetry,
    onError,
  })
  meters.watch('relay_leads', 'Whether this instance is the one that sends to Kafka.', () => (relay.leads() ? 1 : 0))
  for (const { name } of consumers)
    meters.watch(`consumer_${name.replaceAll('-', '_')}_lag`, 'Records of Kafka that wait for this consumer here.', () => reading.lag(name))
  return {
    ...relay,
    async stop() {
      await relay.stop()
      await reading.stop()
    },
  }
}
