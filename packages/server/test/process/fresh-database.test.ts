/** Each test file has a database of its own, quickly. */
import { afterAll, expect, test } from 'bun:test'
import { Client } from 'pg'
import { freshDatabase } from '../support/database.ts'

const made: Awaited<ReturnType<typeof freshDatabase>>[] = []
afterAll(async () => {
  await Promise.all(made.map((database) => database.drop()))
})

test('databases are apart from each other, migrated, and gone when dropped', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase(), freshDatabase({ migrated: false })])
  made.push(one, other)
  const [client, stranger] = [new Client(one.url), new Client(other.url)]
  client.on('error', () => {}) // it is cut off below
  await Promise.all([client.connect(), stranger.connect()])
  await client.query('create table only_here (n int)')
  const tables = async (of: Client) =>
    (await of.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'")).rows.map(({ name }) => name)
  expect(await tables(client)).toContain('only_here')
  expect(await tables(client)).toContain('rooms')
  expect(await tables(stranger)).not.toContain('only_here')
  await stranger.end()
  await one.drop()
  expect(await new Client(one.url).connect().catch((error: { code: string }) => error.code)).toBe('3D000')
}, 60_000)
