/** A topic of Kafka, read from its beginning to its present end, without a group and without our own code. */
import { Consumer, stringDeserializers } from '@platformatic/kafka'

export type Read = { partition: number; offset: bigint; key: string; value: string; headers: Map<string, string> }
export type Envelope = {
  event_id: string
  type: string
  version: number
  room_id: string | null
  seq: number
  payload: Record<string, unknown>
}

export async function readTopic(broker: string, topic: string): Promise<Read[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: `test-${crypto.randomUUID()}`,
    bootstrapBrokers: [broker],
    deserializers: stringDeserializers,
    autocommit: false,
  })
  consumer.on('error', () => {})
  try {
    const ends = (await consumer.listOffsets({ topics: [topic], timestamp: -1n })).get(topic) ?? []
    const open = new Set([...ends.entries()].flatMap(([partition, end]) => (end > 0n ? [partition] : [])))
    const found: Read[] = []
    if (open.size === 0) return found
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    stream.on('error', () => {}) // it may end with one, after the last that was asked of it
    for await (const { partition, offset, key, value, headers } of stream) {
      found.push({ partition, offset, key, value, headers })
      if (offset + 1n >= (ends[partition] ?? 0n)) open.delete(partition)
      if (open.size === 0) break
    }
    return found
  } finally {
    await consumer.close(true)
  }
}

export const envelopeOf = ({ value }: Pick<Read, 'value'>): Envelope => JSON.parse(value) as Envelope

/** What is wrong with the order: holes and disorder by key, once repeats are dropped. */
export function disorder(records: readonly Read[]): string[] {
  const at = new Map<string, number>()
  const seen = new Set<string>()
  const wrong: string[] = []
  for (const record of records.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))) {
    const { event_id, seq } = envelopeOf(record)
    if (seen.has(event_id)) continue
    seen.add(event_id)
    const expected = (at.get(record.key) ?? 0) + 1
    if (seq !== expected) wrong.push(`${record.key}: ${seq} where ${expected} was due`)
    at.set(record.key, seq)
  }
  return wrong
}
