/** Our own consumers, read from Kafka: each a group of its own; what it can not digest is put aside with the reason, and the rest goes on. */
import { ChatError } from '@teahouse/protocol'
import { within } from '../../domain/within.ts'
import type { OutboxEvent } from '../../application/ports/relay.ts'
import { consumeOnce, type NamedConsumer } from '../postgres/consumption.ts'
import type { Database } from '../postgres/database.ts'
import { createPublisher, GOODBYE_MS, type KafkaSettings, type Publisher } from './client.ts'
import { DEAD_LETTERS, type KafkaRecord, outboxEventOf } from './records.ts'
import { type Incoming, subscribe } from './subscription.ts'

export type ConsumersPorts = {
  settings: KafkaSettings
  database: Database
  consumers: readonly NamedConsumer[]
  onConsumed: (consumer: string, events: number) => void
  onPutAside: (consumer: string, reason: string) => void
  onRetry: (error: unknown) => void
  onError: (error: unknown) => void
}

export type Consumers = {
  /** Records that wait for a consumer here, as they were counted last: whoever looks must not wait for Kafka. */
  lag(consumer: string): number
  stop(): Promise<void>
}

/** A batch is tried so often before its events are tried one by one, and each of those that fails alone is put aside. */
const ATTEMPTS = 5
const COUNT_EVERY_MS = 5_000

export const groupOf = (settings: KafkaSettings, consumer: string): string => `${settings.topicPrefix}${consumer}`

export function startConsumers(ports: ConsumersPorts): Consumers {
  const { settings, consumers, onError, onRetry } = ports
  const aside = createPublisher(settings, onRetry)
  const subscriptions = consumers.map((consumer) => ({
    name: consumer.name,
    subscription: subscribe({
      settings,
      groupId: groupOf(settings, consumer.name),
      topics: [`${settings.topicPrefix}${consumer.topic}`],
      work: createWork(ports, consumer, aside),
      onError,
      onRetry,
    }),
  }))
  const lags = new Map<string, number>()
  let counting = false
  async function count(): Promise<void> {
    if (counting) return
    counting = true
    for (const { name, subscription } of subscriptions) await subscription.lag().then((lag) => lags.set(name, lag), onRetry)
    counting = false
  }
  const counter = setInterval(() => void count(), COUNT_EVERY_MS)
  return {
    lag: (consumer) => lags.get(consumer) ?? 0,
    async stop() {
      clearInterval(counter)
      const left = Promise.all(subscriptions.map(({ subscription }) => subscription.close()))
      await within(GOODBYE_MS, left)
      await aside.close() // a letter that Kafka does not take fails its batch, which then comes again
      await left
    },
  }
}

export function createWork(
  { settings, database, onConsumed, onPutAside }: ConsumersPorts,
  consumer: NamedConsumer,
  aside: Publisher,
): (batch: readonly Incoming[]) => Promise<void> {
  let failing = '' // the place of the batch that failed last
  let failures = 0

  async function consume(events: readonly OutboxEvent[]): Promise<void> {
    await consumeOnce(database, consumer, events)
    onConsumed(consumer.name, events.length)
  }

  async function putAside(message: Incoming, reason: string): Promise<void> {
    onPutAside(consumer.name, reason)
    await aside.publish([deadLetter(message, settings.topicPrefix, consumer.name, reason)])
  }

  /** Whatever fails here alone is at fault itself. */
  async function oneByOne(batch: readonly Incoming[]): Promise<void> {
    for (const message of batch) {
      const event = outboxEventOf(message.value, message.key)
      if (!event) await putAside(message, 'it is not an event')
      else await consume([event]).catch((error: unknown) => (isOutage(error) ? Promise.reject(error) : putAside(message, reasonOf(error))))
    }
  }

  return async (batch) => {
    const events = batch.flatMap((message) => outboxEventOf(message.value, message.key) ?? [])
    if (events.length < batch.length) return oneByOne(batch)
    try {
      await consume(events)
    } catch (error) {
      if (isOutage(error)) throw error // nothing is wrong with the events: wait, as long as it takes
      const place = placeOf(batch)
      failures = place === failing ? failures + 1 : 1
      failing = place
      if (failures < ATTEMPTS) throw error
      await oneByOne(batch)
    }
  }
}

/** The record as it was, and in its headers why and where. */
export function deadLetter(message: Incoming, prefix: string, consumer: string, reason: string): KafkaRecord {
  const headers = Object.fromEntries(message.headers)
  const where = { topic: message.topic, partition: String(message.partition), offset: String(message.offset) }
  const failed = { ...headers, consumer, reason: reason.slice(0, 500), ...where, failed_at: new Date().toISOString() }
  return { topic: `${prefix}${DEAD_LETTERS}`, key: message.key, value: message.value, headers: failed }
}

const placeOf = ([first]: readonly Incoming[]): string => `${first?.topic}:${first?.partition}:${first?.offset}`
const isOutage = (error: unknown): boolean => error instanceof ChatError && error.code === 'unavailable'
export const reasonOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
