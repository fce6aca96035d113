/**
 * A database of its own for a test file: a copy of a template whose migrations have run, made in some milliseconds.
 *
 *     const database = await freshDatabase()
 *     … readConfig({ DATABASE_URL: database.url, SECRET: … }), or openDatabase(database.url, …)
 *     await database.drop()
 *
 * The server is the one that TEST_DATABASE_URL names (any database on it, as a user who may create others); without it, an embedded
 * one is started once for all test files of this process.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { startTestServer } from './database-server.ts'
import { sharedByTests } from './shared.ts'

const MIGRATIONS = join(import.meta.dir, '../../migrations')
const LOCK = 7_332_477

export type FreshDatabase = {
  /** For DATABASE_URL, `pg.Pool` and `openDatabase`. */
  readonly url: string
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>
}

/** `migrated: false` gives an empty one. */
export async function freshDatabase({ migrated = true } = {}): Promise<FreshDatabase> {
  const server = await testServer()
  const name = `teahouse_test_${randomBytes(6).toString('hex')}`
  const template = migrated ? await migratedTemplate(server) : null
  await asked(server, (client) => client.query(`create database ${name}${template ? ` template ${template}` : ''}`))
  return {
    url: databaseAt(server, name),
    drop: () => asked(server, (client) => client.query(`drop database if exists ${name} with (force)`)),
  }
}

/** One statement past the server: for time that has passed, and for what it tells nobody. */
export async function query<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** The URL of the server that this process tests on. */
export async function testServer(): Promise<string> {
  return await (sharedByTests().server ??= ownServer())
}

async function ownServer(): Promise<string> {
  if (process.env['TEST_DATABASE_URL']) return process.env['TEST_DATABASE_URL']
  const server = await startTestServer()
  sharedByTests().stops.push(() => server.stop())
  return server.url
}

/** The same server, another database. */
export function databaseAt(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/** Made once per set of migrations and server, also when several processes ask at once. */
async function migratedTemplate(server: string): Promise<string> {
  return await (sharedByTests().template ??= makeTemplate(server, `teahouse_template_${fingerprint()}`))
}

async function makeTemplate(server: string, name: string): Promise<string> {
  await asked(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return
    await client.query(`drop database if exists ${name}_new with (force)`)
    await client.query(`create database ${name}_new`)
    const database = await openDatabase(databaseAt(server, `${name}_new`), (problem) => console.error(problem))
    await database.close()
    await client.query(`alter database ${name}_new rename to ${name}`)
  })
  return name
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(MIGRATIONS).toSorted()) hash.update(file).update(readFileSync(join(MIGRATIONS, file)))
  return hash.digest('hex').slice(0, 12)
}

async function asked(server: string, ask: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(server)
  await client.connect()
  try {
    await ask(client)
  } finally {
    await client.end()
  }
}
