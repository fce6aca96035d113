/** The log's way through Kafka: one instance sends, and every instance reads for our own consumers. */
import type { Relay } from '../../application/ports/relay.ts'
import type { Outbox } from '../postgres/outbox.ts'
import type { WayOutPorts } from './ports.ts'
import type { KafkaSettings } from './client.ts'
import { type Consumers, startConsumers } from './consumers.ts'
import { createKafkaRelay } from './relay.ts'
import { createTrouble } from './trouble.ts'

export function createKafkaWayOut(kafka: KafkaSettings, outbox: Outbox, ports: WayOutPorts): Relay {
  const { connection, database, consumers, meters, onPutAside, trace } = ports
  const trouble = createTrouble(ports.onAway, ports.onBack)
  const onError = (error: unknown) => void (trouble.heard(error) || ports.onError(error))
  const onRetry = (error: unknown) => {
    meters.kafkaRetried()
    trouble.heard(error)
  }
  const onSent = (records: number) => {
    if (records > 0) trouble.over()
    meters.relayed(records)
  }
  const relay = createKafkaRelay({ settings: kafka, connection, outbox, onSent, onRetry, onError, trace })
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
      trouble.end()
      await Promise.all([relay.stop(), reading.stop()])
    },
  }
}
