/** Prepared statements of a session: every run answers for itself, whatever became of the one before. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { sql } from 'kysely'
import { type Database, openDatabase, sqlOf } from '../src/infrastructure/postgres/database.ts'
import { Session } from '../src/infrastructure/postgres/session.ts'
import { type Answer, Statement } from '../src/infrastructure/postgres/statement.ts'
import { type FreshDatabase, freshDatabase } from './support/database.ts'

setDefaultTimeout(60_000)

let fresh: FreshDatabase
let database: Database
beforeAll(async () => {
  fresh = await freshDatabase()
  database = await openDatabase(fresh.url, () => {}, 1) // one session: what a run leaves behind, the next one finds
  await database.read('create table cups (id int primary key, of text, filled timestamptz, kinds text[], about json)', [])
})
afterAll(async () => {
  await database.close()
  await fresh.drop()
})

const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => null,
    (error: unknown) => error,
  )

test('values come as what they are, the first time and when the columns are known', async () => {
  const text = `select $1::int as n, $2::bigint as many, $3::text as of, $4::timestamptz as at, $5::text[] as kinds, $6::json as about, null::uuid as nothing, $7::boolean as hot`
  const values = [3, 4_000_000_000, '茶 "tea" \\', '2026-11-21T08:00:00.120Z', ['oolong', 'pu,er', null], { cups: [1] }, true]
  for (let run = 0; run < 3; run++) {
    expect(await database.read<object>(text, values)).toEqual([
      {
        n: 3,
        many: 4_000_000_000,
        of: '茶 "tea" \\',
        at: '2026-11-21T08:00:00.120Z',
        kinds: ['oolong', 'pu,er', null],
        about: { cups: [1] },
        nothing: null,
        hot: true,
      },
    ])
    expect(await database.prepared('select g, null::text, g::text from generate_series(1, $1::int) g', [2])).toEqual([
      [1, null, '1'],
      [2, null, '2'],
    ])
  }
})

test('numbers of every size, truth, and rows of any length, which arrive in pieces', async () => {
  const numbers =
    'select $1::smallint as small, $2::int as n, $3::bigint as many, $4::boolean as hot, $5::float8 as share, $6::timestamptz as at'
  expect(
    await database.read<object>(numbers, [-32_768, -2_147_483_648, -9_007_199_254_740_991, false, -0.25, '1999-12-31T23:59:59Z']),
  ).toEqual([{ small: -32_768, n: -2_147_483_648, many: -9_007_199_254_740_991, hot: false, share: -0.25, at: '1999-12-31T23:59:59.000Z' }])
  expect(await database.read<object>(numbers, [0, 7, 9_007_199_254_740_991, true, 1e21, '2026-11-21T08:00:00.007Z'])).toEqual([
    { small: 0, n: 7, many: 9_007_199_254_740_991, hot: true, share: 1e21, at: '2026-11-21T08:00:00.007Z' },
  ])
  const long = await database.read<{ n: number; of: string }>(
    `select g as n, repeat('茶🍵', g * 7919) as of from generate_series(0, 20) g`,
    [],
  )
  expect(long).toEqual(Array.from({ length: 21 }, (_, n) => ({ n, of: '茶🍵'.repeat(n * 7919) })))
})

test('times of any exactness come with milliseconds', async () => {
  const exact = ['', '.1', '.12', '.123', '.1239', '.123999', '.000001', '.10'].map((part) => `2026-11-21T08:00:00${part}Z`)
  const rows = await database.read<{ at: string }>('select unnest($1::timestamptz[]) as at', [exact])
  const read = rows.map(({ at }) => at.replace('2026-11-21T08:00:00', ''))
  expect(read).toEqual(['.000Z', '.100Z', '.120Z', '.123Z', '.123Z', '.123Z', '.000Z', '.100Z'])
})

test('a statement without columns, or without rows, answers so each time, and says how many rows it touched', async () => {
  for (let run = 1; run <= 3; run++) {
    expect(await database.read('insert into cups (id) values ($1)', [run])).toEqual([])
    expect(await database.read('select * from cups where id = $1', [-run])).toEqual([])
  }
  const all = await sql`update cups set "of" = 'tea' where id < ${3}`.execute(database.kysely)
  expect(all.numAffectedRows).toBe(2n)
})

test('what is refused at its first run is right at the next', async () => {
  const divide = 'select 10 / $1::int as part'
  expect(await failureOf(database.read(divide, [0]))).toMatchObject({ code: '22012' })
  expect(await database.read<object>(divide, [5])).toEqual([{ part: 2 }])
  expect(await failureOf(database.read(divide, [0]))).toMatchObject({ code: '22012' })
  expect(await database.read<object>(divide, [2])).toEqual([{ part: 5 }])
  expect(await failureOf(database.read('select nonsense', []))).toMatchObject({ code: '42703' })
  expect(await failureOf(database.read('insert into cups (id) values ($1)', [1]))).toMatchObject({ code: '23505' })
})

test('a value that can not be sent fails alone', async () => {
  const round: { round?: unknown } = {}
  round.round = round
  expect(await failureOf(database.read('select $1::json as about', [round]))).toBeInstanceOf(TypeError)
  expect(await database.read<object>('select $1::json as about', [{ cups: 2 }])).toEqual([{ about: { cups: 2 } }])
})

test('many at once share a session in turn, each with its own answer', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => database.read<{ n: number }>('select $1::int as n', [i])))
  expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

test('a transaction that fails leaves nothing, and its session serves the next', async () => {
  const failing = database.kysely.transaction().execute(async (trx) => {
    const db = sqlOf(trx)
    await db.read('insert into cups (id) values ($1)', [77])
    await db.read('select 1 / $1::int', [0])
  })
  expect(await failureOf(failing)).toMatchObject({ code: '22012' })
  expect(await database.read('select 1 from cups where id = $1', [77])).toEqual([])
})

test('a session that was ended, or whose plan the tables have outgrown, serves nobody after that', async () => {
  expect(await failureOf(database.read('select pg_terminate_backend(pg_backend_pid())', []))).toMatchObject({ code: 'unavailable' })
  expect(await database.read<object>('select 1 as n', [])).toEqual([{ n: 1 }])
  await database.read('create table pots (id int)', [])
  expect(await database.read('select * from pots', [])).toEqual([])
  await database.read('alter table pots add column size int default 3', [])
  expect(await failureOf(database.read('select * from pots', []))).toMatchObject({ code: '0A000' })
  await database.read('insert into pots (id) values (1)', [])
  expect(await database.read<object>('select * from pots', [])).toEqual([{ id: 1, size: 3 }])
})

test('an empty statement answers nothing', async () => {
  expect(await database.read('', [])).toEqual([])
  expect(await database.read<object>('select 2 as n', [])).toEqual([{ n: 2 }])
})

test('statements without a name are told their columns each time', async () => {
  const client = new Session(fresh.url)
  await client.connect()
  const rowsOf = (text: string) =>
    new Promise<object[] | undefined>((resolve) => {
      const answered = (_error: Error | null, answer?: Answer<object>) => resolve(answer?.rows)
      client.query(new Statement('', text, [], {}, answered))
    })
  for (let run = 0; run < 2; run++) {
    expect(await rowsOf('select 1 as one')).toEqual([{ one: 1 }])
    expect(await rowsOf('select 2 as two, 3 as three')).toEqual([{ two: 2, three: 3 }])
  }
  await client.end()
})
