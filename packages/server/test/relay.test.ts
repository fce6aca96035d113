/** The relay and the days of rooms that it counts: each message once, each writer once a day, in however many turns they come. */
import { afterAll, expect, test } from 'bun:test'
import { sql } from 'kysely'
import { createRelay } from '../src/infrastructure/postgres/relay.ts'
import type { OutboxEvent } from '../src/application/ports/relay.ts'
import { openDatabase, type Sql } from '../src/infrastructure/postgres/database.ts'
import { roomActivityConsumer } from '../src/infrastructure/postgres/room-activity.ts'
import { freshDatabase } from './support/database.ts'

const fresh = await freshDatabase()
const database = await openDatabase(fresh.url, () => {}, 2)
afterAll(async () => {
  await database.close()
  await fresh.drop()
})

const id = (nth: number) => `0193a5f3-18e7-7a4b-8f5c-${String(nth).padStart(12, '0')}`
const [TEA, HALL, ANN, BEN] = [id(1), id(2), id(3), id(4)] as const

const said = (stream: string, actor_id: string, occurred_at: string, type = 'message_sent') =>
  ({ stream, actor_id, occurred_at, type, seq: 1, event_id: id(9), message_id: id(8) }) as unknown as OutboxEvent
const EVE = '2026-11-20T23:59:59.999Z'
const DAY = '2026-11-21T00:00:00.000Z'

test('over two days, in turns that bring the same people again', async () => {
  await roomActivityConsumer(database, [
    said(TEA, ANN, EVE),
    said(TEA, ANN, EVE),
    said(TEA, ANN, DAY),
    said(HALL, BEN, EVE),
    said(TEA, BEN, DAY, 'user_joined_room'),
  ])
  await roomActivityConsumer(database, [said(TEA, ANN, DAY), said(TEA, BEN, DAY), said(TEA, BEN, EVE, 'message_edited')])
  await roomActivityConsumer(database, [said(HALL, ANN, EVE, 'reaction_added')])
  await Promise.all([ANN, BEN, ANN, BEN].map((who) => roomActivityConsumer(database, [said(HALL, who, DAY)]))) // two relays at once
  const days = await database.rows(sql`
    select room_id, day::text as day, messages, edits, reactions, joins, writers from room_activity order by room_id, day`)
  expect(days).toEqual([
    { room_id: TEA, day: '2026-11-20', messages: 2, edits: 1, reactions: 0, joins: 0, writers: 1 },
    { room_id: TEA, day: '2026-11-21', messages: 3, edits: 0, reactions: 0, joins: 1, writers: 2 },
    { room_id: HALL, day: '2026-11-20', messages: 1, edits: 0, reactions: 1, joins: 0, writers: 1 },
    { room_id: HALL, day: '2026-11-21', messages: 4, edits: 0, reactions: 0, joins: 0, writers: 2 },
  ])
})

test('a commit of more events than a turn takes comes whole and in order, and what waits behind it follows', async () => {
  const commits = [2, 1_000, 3, 255, 2]
  for (const [nth, events] of commits.entries()) {
    const stream = id(100 + nth)
    await database.rows(sql`insert into streams (id) values (${stream})`)
    await database.rows(sql`
      select count(*) from append_events('2999-01-01T00:00:00Z', array_fill(false, array[${events}::int]), array_fill(${stream}::uuid, array[${events}::int]),
        (select array_agg(gen_random_uuid()) from generate_series(1, ${events}::int)), array_fill('room_deleted'::text, array[${events}::int]),
        array_fill(null::uuid, array[${events}::int]), array_fill(null::uuid, array[${events}::int]), array_fill('{}'::text, array[${events}::int]))`)
  }
  const turns: [string, number][][] = []
  const consumer = async (_: Sql, events: readonly OutboxEvent[]) => void turns.push(events.map(({ stream, seq }) => [stream, seq]))
  const errors: unknown[] = []
  const relay = createRelay({ database, consumers: [consumer], onError: (error) => errors.push(error) })
  await relay.idle()
  await relay.stop()
  expect(errors).toEqual([])
  expect(turns.flat()).toEqual(
    commits.flatMap((events, nth) => Array.from({ length: events }, (_, i): [string, number] => [id(100 + nth), i + 1])),
  )
  expect(turns.map((turn) => turn.length)).toEqual([1_002, 258, 2])
})
