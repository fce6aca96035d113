/** The relay and the days of rooms that it counts: each message once, each writer once a day, in however many turns they come. */
import { afterAll, expect, test } from 'bun:test'
import { sql } from 'kysely'
import { createRelay } from '../src/infrastructure/postgres/relay.ts'
import { openDatabase } from '../src/infrastructure/postgres/database.ts'
import { freshDatabase } from './support/database.ts'

const fresh = await freshDatabase()
const database = await openDatabase(fresh.url, () => {}, 2)
afterAll(async () => {
  await database.close()
  await fresh.drop()
})

const id = (nth: number) => `0193a5f3-18e7-7a4b-8f5c-${String(nth).padStart(12, '0')}`
const [TEA, HALL, ANN, BEN] = [id(1), id(2), id(3), id(4)] as const

/** Writes events into the log, each a commit of its own, and answers where they lie. */
async function happened(
  ...events: [stream: string, actor: string, at: string, type?: string][]
): Promise<{ streams: string[]; seqs: number[] }> {
  const places: { streams: string[]; seqs: number[] } = { streams: [], seqs: [] }
  for (const [stream, actor, at, type = 'message_sent'] of events) {
    await database.rows(sql`insert into streams (id) values (${stream}) on conflict do nothing`)
    const [place] = await database.rows<{ last_seq: number }>(
      sql`update streams set last_seq = last_seq + 1 where id = ${stream} returning last_seq`,
    )
    const seq = place?.last_seq ?? 0
    if (type === 'message_sent')
      await database.rows(sql`
        insert into messages (room_id, seq, id, sender_id, client_id, content, message_type, created_at)
        values (${stream}, ${seq}, gen_random_uuid(), ${actor}, gen_random_uuid(), 'tea', 'text', ${at})`)
    else
      await database.rows(sql`
        insert into events (stream, seq, event_id, type, actor_id, occurred_at, payload) values (${stream}, ${seq}, gen_random_uuid(), ${type}, ${actor}, ${at}, '{}')`)
    places.streams.push(stream)
    places.seqs.push(seq)
  }
  return places
}
const EVE = '2026-11-20T23:59:59.999Z'
const DAY = '2026-11-21T00:00:00.000Z'
const count = ({ streams, seqs }: { streams: string[]; seqs: number[] }) =>
  database.rows(sql`select count_activity(${streams}::uuid[], ${seqs}::bigint[])`)

test('over two days, in turns that bring the same people again', async () => {
  await count(
    await happened(
      [TEA, ANN, EVE],
      [TEA, ANN, EVE],
      [TEA, ANN, DAY],
      [HALL, BEN, EVE],
      [TEA, BEN, DAY, 'user_joined_room'],
      [TEA, BEN, DAY, 'room_updated'],
    ),
  )
  await count(await happened([TEA, ANN, DAY], [TEA, BEN, DAY], [TEA, BEN, EVE, 'message_edited']))
  await count(await happened([HALL, ANN, EVE, 'reaction_added']))
  const turns = []
  for (const who of [ANN, BEN, ANN, BEN]) turns.push(await happened([HALL, who, DAY]))
  await Promise.all(turns.map(count)) // two relays at once
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
  await database.rows(sql`create table turns (nth int generated always as identity, streams uuid[], seqs bigint[])`)
  await database.rows(sql`
    create function note_turn(streams uuid[], seqs bigint[]) returns void language sql as 'insert into turns (streams, seqs) values ($1, $2)'`)
  const errors: unknown[] = []
  const relay = createRelay({ database, acts: ['note_turn'], onError: (error) => errors.push(error) })
  await relay.idle()
  await relay.stop()
  expect(errors).toEqual([])
  const turns = await database.rows<{ streams: string[]; seqs: string[] }>(
    sql`select streams::text[], seqs::text[] from turns order by nth`,
  )
  expect(turns.flatMap(({ streams, seqs }) => streams.map((stream, i) => [stream, Number(seqs[i])]))).toEqual(
    commits.flatMap((events, nth) => Array.from({ length: events }, (_, i): [string, number] => [id(100 + nth), i + 1])),
  )
  expect(turns.map(({ seqs }) => seqs.length)).toEqual([1_002, 258, 2])
})
