/** The bus alone: what is forgotten and listened to again is heard, what waits for Redis is bounded. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'
import type { PublishedEvent } from '../../src/domain/event.ts'
import { createRedisLink } from '../../src/infrastructure/redis/link.ts'
import { createRedisBus } from '../../src/infrastructure/redis/bus.ts'
import { openRedis } from '../../src/infrastructure/redis/session.ts'
import { carried, channelOf, eventsText } from '../../src/infrastructure/redis/wire.ts'
import { until } from '../support/until.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.remove())

const event = (stream: string, seq: number): PublishedEvent => ({
  kind: 'room',
  stream,
  seq,
  type: 'message_sent',
  payload: `{"seq":${seq},"text":"a\\nb\\t€"}`,
})

test('events come out of the wire as they went in, and never at whoever sent them', () => {
  const events = [event('r', 1), { ...event('r', 2), type: 'member_kicked' as const, removes: 'someone' }]
  const text = eventsText('here', 5, events)
  expect(carried(text, channelOf('room', 'r'), 'there')).toEqual({ what: 'events', sentAt: 5, events })
  expect(carried(text, channelOf('room', 'r'), 'here')).toBeNull()
  expect(carried('nonsense', channelOf('room', 'r'), 'there')).toBeNull()
  expect(carried(text, 'another channel', 'there')).toBeNull()
})

test('a channel that is left and wanted again at once is heard', async () => {
  const session = await openRedis([redis.url])
  const heard: string[] = []
  const hear = (text: string) => void heard.push(text)
  await session.subscribe('teahouse:room:x', hear)
  const leaving = session.unsubscribe('teahouse:room:x', hear)
  const coming = session.subscribe('teahouse:room:x', hear)
  await Promise.all([leaving, coming])
  await session.publish('teahouse:room:x', 'hello')
  await until(() => heard.length > 0)
  expect(heard).toEqual(['hello'])
  session.destroy()
})

test('what can not go out is counted and dropped; when Redis is back it goes on', async () => {
  const counted = { published: 0, failed: 0 }
  const meters = { published: () => void counted.published++, publishFailed: () => void counted.failed++, lag: () => {} }
  const link = createRedisLink([redis.url], { onReconnect: () => {}, onDown: () => {} })
  const bus = createRedisBus({ link, instance: 'here', now: Date.now, meters, onError: () => {} })
  await until(() => link.session() !== null)
  bus.publish([event('a', 1), event('a', 2), event('b', 1)])
  expect(counted).toEqual({ published: 2, failed: 0 }) // one publish for each stream of a commit
  await redis.end('SIGKILL')
  await until(() => link.session() === null)
  const { failed } = counted // those that were under way may have failed
  bus.publish([event('a', 3)])
  expect(counted).toEqual({ published: 2, failed: failed + 1 })
  await redis.start()
  await until(() => link.session() !== null)
  bus.publish([event('a', 4)])
  expect(counted).toEqual({ published: 3, failed: failed + 1 })
  bus.stop()
  await link.stop()
})
