/** What consumers put aside, tried again: for the operator, after the reason is mended. */
import { Consumer, stringDeserializers } from '@platformatic/kafka'
import { ChatError } from '@teahouse/protocol'
import { consumeAside, type NamedConsumer } from '../postgres/consumption.ts'
import type { Database } from '../postgres/database.ts'
import { connectionOf, createPublisher, type KafkaSettings } from './client.ts'
import { deadLetter, groupOf, reasonOf } from './consumers.ts'
import { DEAD_LETTERS, outboxEventOf } from './records.ts'
import { type Incoming, subscribe } from './subscription.ts'
import { troubleOf } from './trouble.ts'

export type ReplayPorts = {
  settings: KafkaSettings
  database: Database
  consumers: readonly NamedConsumer[]
  onError: (error: unknown) => void
}
export type Replayed = { done: number; doneBefore: number; failedAgain: number }

const GROUP = 'dead-letters-replay'

/** Reads up to the end as it is now. What fails again is put aside again, behind that end. */
export async function replayDeadLetters({ settings, database, consumers, onError }: ReplayPorts): Promise<Replayed> {
  const outcome = { done: 0, doneBefore: 0, failedAgain: 0 }
  const missing = await unread(settings).catch((error: unknown) => {
    const why = troubleOf(error)
    throw why === null ? error : new ChatError('unavailable', { message: `Kafka is away: ${why}.` })
  })
  if (missing.size === 0) return outcome
  const aside = createPublisher(settings, () => {})
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  const subscription = subscribe({
    settings,
    groupId: groupOf(settings, GROUP),
    topics: [`${settings.topicPrefix}${DEAD_LETTERS}`],
    async work(letters) {
      for (const letter of letters) outcome[await tryAgain(letter)]++
      for (const { partition, offset } of letters) if (offset + 1n >= (missing.get(partition) ?? 0n)) missing.delete(partition)
      if (missing.size === 0) finish()
    },
    onError,
    onRetry: () => {},
  })

  async function tryAgain(letter: Incoming): Promise<keyof Replayed> {
    const name = letter.headers.get('consumer') ?? ''
    const consumer = consumers.find((each) => each.name === name)
    const event = outboxEventOf(letter.value, letter.key)
    try {
      if (!consumer || !event) throw new Error(event ? `there is no consumer ${name}` : 'it is not an event')
      return (await consumeAside(database, consumer, event)) ? 'done' : 'doneBefore'
    } catch (error) {
      await aside.publish([deadLetter(letter, settings.topicPrefix, name, reasonOf(error))])
      return 'failedAgain'
    }
  }

  await finished
  await subscription.close()
  await aside.close()
  return outcome
}

/** The ends of those partitions that hold letters not read yet. Throws when Kafka is away. */
async function unread(settings: KafkaSettings): Promise<Map<number, bigint>> {
  const topic = `${settings.topicPrefix}${DEAD_LETTERS}`
  const consumer = new Consumer({
    ...connectionOf(settings),
    clientId: 'teahouse-replay',
    groupId: groupOf(settings, GROUP),
    deserializers: stringDeserializers,
    retries: 3,
  })
  try {
    const ends = (await consumer.listOffsets({ topics: [topic], timestamp: -1n })).get(topic) ?? []
    const begins = (await consumer.listOffsets({ topics: [topic], timestamp: -2n })).get(topic) ?? []
    const partitions = ends.map((_, partition) => partition)
    const committed = (await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] })).get(topic) ?? []
    const isUnread = (partition: number, end: bigint) => end > maximum(committed[partition] ?? -1n, begins[partition] ?? 0n)
    return new Map([...ends.entries()].filter(([partition, end]) => isUnread(partition, end)))
  } finally {
    await consumer.close(true)
  }
}

const maximum = (a: bigint, b: bigint): bigint => (a > b ? a : b)
