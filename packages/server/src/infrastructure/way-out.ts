/** The log's way out: through Kafka and back to our consumers, or, without Kafka, to the consumers in the transaction that empties the outbox. */
import type { Relay } from '../application/ports/relay.ts'
import type { KafkaSettings } from './kafka/client.ts'
import type { WayOutPorts } from './kafka/ports.ts'
import { createOutbox } from './postgres/outbox.ts'
import { createRelay } from './postgres/relay.ts'

/** `kafka` null: it is off, and its library is not even loaded. */
export async function createWayOut(kafka: KafkaSettings | null, ports: WayOutPorts): Promise<Relay> {
  const { database, consumers, meters, onError, trace } = ports
  const outbox = createOutbox(database)
  meters.watch('outbox_commits', 'Commits whose events were not passed on yet.', async () => (await outbox.waiting()).commits)
  meters.watch('outbox_oldest_ms', 'Milliseconds that the oldest of them has waited.', async () => (await outbox.waiting()).oldestMs)
  if (kafka) return (await import('./kafka/way-out.ts')).createKafkaWayOut(kafka, outbox, ports)
  return createRelay({ database, acts: consumers.map(({ act }) => act), onError, trace })
}
