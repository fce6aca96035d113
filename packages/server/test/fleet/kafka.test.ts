/** The log's way out through a real broker: every event once and in order, its bytes those of the socket, whoever is killed meanwhile. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { Client } from 'pg'
import { startKafka, type TestKafka } from '../../../../scripts/servers/kafka.ts'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'
import { startConsumers } from '../../src/infrastructure/kafka/consumers.ts'
import { replayDeadLetters } from '../../src/infrastructure/kafka/dead-letters.ts'
import type { NamedConsumer } from '../../src/infrastructure/postgres/consumption.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { until } from '../support/until.ts'
import { openFleet, type TestFleet } from './support/fleet.ts'
import { disorder, envelopeOf, readTopic } from './support/kafka-topic.ts'

const LONG = 180_000
let redis: TestRedis
let kafka: TestKafka
let fleet: TestFleet
let prefix = ''
beforeAll(async () => {
  ;[redis, kafka] = await Promise.all([startRedis(), startKafka()])
}, LONG)
afterAll(async () => {
  await Promise.all([redis.remove(), kafka.remove()])
})
beforeEach(async () => {
  prefix = `t${crypto.randomUUID().slice(0, 8)}.`
  fleet = await openFleet(redis.url, {
    environment: { KAFKA_BROKERS: kafka.broker, KAFKA_TOPIC_PREFIX: prefix, KAFKA_PARTITIONS: '3' },
  })
}, LONG)
afterEach(() => fleet.close(), LONG)

async function rows<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client(fleet.databaseUrl)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
const isEmpty = async () => (await rows('select 1 from outbox limit 1')).length === 0

test(
  'what stands in Kafka is what the socket said, byte for byte',
  async () => {
    const [ann, ben] = [await fleet.guest(), await fleet.guest()]
    const room = await fleet.room(ann, [])
    const heard: string[] = []
    const socket = new WebSocket(`${fleet.urlOf(1).replace('http', 'ws')}/ws?token=${ann.token}`)
    socket.addEventListener('message', ({ data }) => heard.push(String(data)))
    await until(() => heard.some((frame) => frame.startsWith('{"type":"ready"')))
    await ann.call('add_member', { room_id: room.id, user_id: ben.id })
    const sent = await ann.say(room.id, `@${ben.session.user.username} schöne Grüße, 你好 "quoted" \\ and a\ttab`)
    await ben.call('edit_message', { message_id: sent.id, content: 'not mine' }).catch(() => {})
    await ann.call('add_reaction', { message_id: sent.id, emoji: '🍵' })
    await ben.call('send_message', { room_id: room.id, content: 'an answer', reply_to_message_id: sent.id, client_id: crypto.randomUUID() })
    const last = await ann.say(room.id, 'the last')
    await until(() => heard.some((frame) => frame.includes(last.id)))
    await until(isEmpty, { withinMs: 60_000 })
    const records = await readTopic(kafka.broker, `${prefix}chat-events`)
    const values = records.filter(({ key }) => key === room.id).map(({ value }) => value)
    const frames = heard.filter((frame) => frame.includes(`"payload":{"room_id":"${room.id}","seq":`))
    expect(frames.length).toBeGreaterThanOrEqual(5)
    for (const frame of frames) {
      const payload = frame.slice(frame.indexOf('"payload":') + '"payload":'.length, -1)
      expect(values.some((value) => value.endsWith(`,"payload":${payload}}`))).toBe(true)
    }
    expect(disorder(records)).toEqual([])
    for (const record of records) {
      const { event_id, type, seq, version, payload } = envelopeOf(record)
      expect([record.headers.get('event_id'), record.headers.get('type'), record.headers.get('seq')]).toEqual([event_id, type, `${seq}`])
      expect(record.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
      expect([version, payload['event_id']]).toEqual([1, event_id])
    }
    const users = await readTopic(kafka.broker, `${prefix}user-events`)
    expect(users.some(({ key, value }) => key === ben.id && value.includes('"type":"room_added"'))).toBe(true)
    expect(disorder(users)).toEqual([])
    socket.close()
  },
  LONG,
)

test(
  'with the broker killed nobody notices, and afterwards all of it arrives in order; our consumers count each event once',
  async () => {
    const ann = await fleet.guest()
    const room = await fleet.room(ann, [])
    const say = (from: number, count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => ann.say(room.id, `tea number ${from + i}`, i % 2)))
    await say(0, 50)
    await until(isEmpty, { withinMs: 60_000 })
    await kafka.end('SIGKILL')
    await say(50, 50)
    expect(await isEmpty()).toBe(false)
    expect(await fleet.metric(0, 'outbox_commits')).toBeGreaterThan(0) // answered without Kafka
    await kafka.start()
    await say(100, 50)
    await until(isEmpty, { withinMs: 90_000 })
    const records = await readTopic(kafka.broker, `${prefix}chat-events`)
    expect(disorder(records)).toEqual([])
    expect(
      new Set(records.filter(({ value }) => value.includes('"type":"message_sent"')).map(({ headers }) => headers.get('event_id'))).size,
    ).toBe(150)
    await until(
      async () =>
        (await rows<{ messages: number }>('select messages from room_activity where room_id = $1', [room.id]))[0]?.messages === 150,
      { withinMs: 60_000, what: 'room activity to count 150' },
    )
    expect(await rows('select messages, writers, joins from room_activity where room_id = $1', [room.id])).toEqual([
      { messages: 150, writers: 1, joins: 0 },
    ])
    await until(async () => (await ann.call('search_messages', { q: '149' })).items.length === 1, { withinMs: 60_000, what: 'search' })
  },
  LONG,
)

test(
  'another instance leads within seconds when the leader goes',
  async () => {
    const ann = await fleet.guest()
    const room = await fleet.room(ann, [])
    let leader = -1
    const isLed = async () => (leader = (await Promise.all([0, 1].map((i) => fleet.metric(i, 'relay_leads')))).indexOf(1)) >= 0
    await until(isLed, { withinMs: 60_000, what: 'a leader' })
    await fleet.apps[leader]?.stop()
    const other = 1 - leader
    await ann.say(room.id, 'after the change', other)
    await until(isEmpty, { withinMs: 60_000 })
    expect(disorder(await readTopic(kafka.broker, `${prefix}chat-events`))).toEqual([])
  },
  LONG,
)

test(
  'what a consumer can not digest is put aside with the reason, the rest goes on, and the operator tries it again',
  async () => {
    const ann = await fleet.guest()
    const room = await fleet.room(ann, [])
    const database = await openDatabase(fleet.databaseUrl, () => {}, 3)
    const settings = kafkaSettings()
    const digested: string[] = []
    let fussy = true
    const consumer: NamedConsumer = {
      name: 'fussy',
      topic: 'chat-events',
      consume: async (_db, events) => {
        for (const { type, seq } of events) {
          if (fussy && type === 'reaction_added') throw new Error('no reactions, please')
          digested.push(`${seq}`)
        }
      },
    }
    const ports = {
      settings,
      database,
      consumers: [consumer],
      onConsumed: () => {},
      onPutAside: () => {},
      onRetry: () => {},
      onError: () => {},
    }
    const one = await ann.say(room.id, 'one')
    await ann.call('add_reaction', { message_id: one.id, emoji: '🍵' })
    const last = await ann.say(room.id, 'last')
    const reading = startConsumers(ports)
    await until(() => digested.includes(`${last.seq}`), { withinMs: 60_000 })
    await reading.stop()
    expect(digested).not.toContain(`${last.seq - 1}`)
    const [letter, ...more] = await readTopic(kafka.broker, `${prefix}dead-letters`)
    expect(more).toEqual([])
    expect([letter?.headers.get('consumer'), letter?.headers.get('reason')]).toEqual(['fussy', 'Error: no reactions, please'])
    expect(letter && envelopeOf(letter).seq).toBe(last.seq - 1)
    expect(await replayDeadLetters(ports)).toEqual({ done: 0, doneBefore: 0, failedAgain: 1 })
    fussy = false
    expect(await replayDeadLetters(ports)).toEqual({ done: 1, doneBefore: 0, failedAgain: 0 })
    expect(await replayDeadLetters(ports)).toEqual({ done: 0, doneBefore: 0, failedAgain: 0 })
    expect(digested).toContain(`${last.seq - 1}`)
    await database.close()
  },
  LONG,
)

const kafkaSettings = () => ({
  brokers: [kafka.broker],
  topicPrefix: prefix,
  username: null,
  password: null,
  tls: false,
  mechanism: null,
  partitions: 3,
  retentionHours: 1,
})
