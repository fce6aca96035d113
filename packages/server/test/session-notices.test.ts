/** Word of ended sessions: it comes with the commit, not without one, and the way back is found after a break. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { Client } from 'pg'
import type { WhyEnded } from '../src/application/ports/users.ts'
import { announceEnded, listenForEnded, type SessionNotices } from '../src/infrastructure/postgres/session-notices.ts'
import { type Database, openDatabase, sqlOf } from '../src/infrastructure/postgres/database.ts'
import { type FreshDatabase, freshDatabase } from './support/database.ts'
import { until } from './support/until.ts'

setDefaultTimeout(60_000)

let fresh: FreshDatabase
let database: Database
let notices: SessionNotices
const heard: string[] = []
let gaps = 0
beforeAll(async () => {
  fresh = await freshDatabase()
  database = await openDatabase(fresh.url, () => {}, 2)
  notices = listenForEnded(
    fresh.url,
    (ids, why: WhyEnded) => void heard.push(...ids.map((id) => `${why} ${id}`)),
    () => void gaps++,
  )
  await until(() => gaps === 1)
})
afterAll(async () => {
  await notices.stop()
  await database.close()
  await fresh.drop()
})

test('what is committed is heard, what is rolled back is not', async () => {
  const transaction = database.kysely.transaction()
  await transaction.execute((trx) => announceEnded(sqlOf(trx), ['a', 'b'], 'session_ended'))
  const failed = transaction.execute(async (trx) => {
    await announceEnded(sqlOf(trx), ['never'], 'session_ended')
    throw new Error('no')
  })
  expect(await failed.catch((error: Error) => error.message)).toBe('no')
  await announceEnded(database, ['c'], 'account_suspended')
  await until(() => heard.length >= 3)
  expect(heard).toEqual(['session_ended a', 'session_ended b', 'account_suspended c'])
})

test('what others say on the channel is not believed', async () => {
  const stranger = new Client(fresh.url)
  await stranger.connect()
  for (const text of ['', 'tea', 'session_ended', 'made_up x'])
    await stranger.query(`select pg_notify('teahouse_session_ended', $1)`, [text])
  await stranger.end()
  await announceEnded(database, ['d'], 'session_ended')
  await until(() => heard.includes('session_ended d'))
  expect(heard.at(-1)).toBe('session_ended d')
  expect(heard).toHaveLength(4)
})

test('cut off it comes back, and says that something may have been missed', async () => {
  const other = new Client(fresh.url)
  await other.connect()
  await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'`)
  await until(() => gaps === 2)
  await announceEnded(database, ['e'], 'session_ended')
  await until(() => heard.includes('session_ended e'))
  await other.end()
})
