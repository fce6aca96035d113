/** The pool: how we talk to PostgreSQL, what its values look like here, and what a failure of it means to those who ask. */
import { ChatError } from '@teahouse/protocol'
import { CompiledQuery, Kysely, PostgresDialect, type RawBuilder } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { migrations } from '../../../migrations/index.ts'
import { Session } from './session.ts'
import { type Answer, Statement } from './statement.ts'

/** What `pg.Pool` understands: an address, or the parts of one. */
export type Connection = string | { host: string; port: number; user: string; database: string }

/** Statements written as templates (kysely's `sql`), in a transaction or outside of any. */
export type Sql = {
  rows<Row>(query: RawBuilder<Row>): Promise<Row[]>
  row<Row>(query: RawBuilder<Row>): Promise<Row | undefined>
  /** A statement that is text already, for those that are asked often: putting a template together costs more than some of them. */
  read<Row>(text: string, values: readonly unknown[]): Promise<Row[]>
}

export function sqlOf(executor: Kysely<unknown>): Sql {
  const rows = async <Row>(query: RawBuilder<Row>) => (await query.execute(executor)).rows
  const read = async <Row>(text: string, values: readonly unknown[]) =>
    (await executor.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows
  return { rows, row: async (query) => (await rows(query))[0], read }
}

export type Database = Sql & {
  readonly kysely: Kysely<unknown>
  /** A prepared statement, for hot paths; its rows come as arrays of columns. */
  prepared(text: string, values: readonly unknown[]): Promise<unknown[][]>
  /** Resolves when the database answers; throws `unavailable` otherwise. */
  ping(): Promise<void>
  /** Sessions in use, idle, and callers waiting for one. */
  load(): { total: number; idle: number; waiting: number }
  close(): Promise<void>
}

const POOL_SIZE = 10
const CONNECT_WITHIN_MS = 5_000
/** A session that the network forgot gives no answer and no error. Just longer than the server's own limit for a statement; the hot paths wait less. */
const ANSWER_WITHIN_MS = 35_000
const HOT_ANSWER_WITHIN_MS = 12_000
/** A session that stops answering must not hold a stream's lock for ever. Pages are in memory or on a disk that jumps cheaply: use the indexes. */
const SESSION =
  '-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=10s -c jit=off -c random_page_cost=1.1'
/** More different texts than this were not written by hand; they go unprepared. */
const MAX_PREPARED = 1_000

/** Opens the pool and brings the tables up to date, under the migrator's lock. Throws what the server says, for the process to report. */
export async function openDatabase(connection: Connection, log: (problem: Error) => void, poolSize = POOL_SIZE): Promise<Database> {
  const pool = new pg.Pool({
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
    max: poolSize,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    keepAlive: true,
    options: SESSION,
    application_name: `teahouse ${process.pid}`,
    Client: Session,
  })
  pool.on('error', log) // an idle session died; the pool makes another
  pool.on('connect', (client) => client.on('error', () => {})) // one in use died: whoever uses it is told by the statement
  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  const connect = () => guard(pool.connect()).then(guardedClient)
  const guarded = { options: pool.options, connect: connect as unknown as pg.Pool['connect'], end: () => pool.end() }
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: guarded }) })
  const ask = async <Row>(text: string, values: readonly unknown[], options?: AskOptions) => {
    const session = await connect()
    try {
      return (await session.query<Row>(text, values, options)).rows
    } finally {
      session.release()
    }
  }
  return {
    kysely,
    ...sqlOf(kysely),
    read: (text, values) => ask(text, values), // without the way through kysely
    prepared: (text, values) => ask(text, values, { asArrays: true, timeoutMs: HOT_ANSWER_WITHIN_MS }),
    ping: async () => void (await guard(pool.query({ text: 'select 1', query_timeout: CONNECT_WITHIN_MS } as pg.QueryConfig))),
    load: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: async () => {
      await kysely.destroy()
      if (!pool.ended) await pool.end() // kysely ends only a pool that it has used
    },
  }
}

async function migrate(pool: pg.Pool): Promise<void> {
  const version = Number((await pool.query<{ v: string }>("select current_setting('server_version_num') as v")).rows[0]?.v)
  if (version < 150_000) throw new Error(`PostgreSQL 15 or newer is needed; this server is ${Math.floor(version / 10_000)}.`)
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: { options: pool.options, connect: () => pool.connect(), end: async () => {} } }),
  })
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
  if (error) throw error
}

type AskOptions = { asArrays?: boolean; timeoutMs?: number }

/** The same session, whose failures speak our language, and which plans each statement once: planning costs more than most of them. */
function guardedClient(client: pg.PoolClient) {
  let lost = false // nobody may have it after us
  const query = async <Row>(text: string, values: readonly unknown[] = [], options: AskOptions = {}): Promise<Answer<Row>> => {
    const asked = new Promise<Answer<Row>>((resolve, reject) => {
      const answered = (error: Error | null, answer?: Answer<Row>) => (answer ? resolve(answer) : reject(error))
      client.query(new Statement<Row>(nameOf(text), text, values, options, answered))
    })
    asked.catch((error: { code?: string }) => (lost ||= isSpent(error)))
    return guard(asked)
  }
  return { query, release: () => client.release(lost) }
}

const names = new Map<string, string>()

/** The name under which a statement is prepared: the same for the same text; empty when it is not to be kept. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  if (names.size >= MAX_PREPARED) return ''
  const name = `s${names.size}`
  names.set(text, name)
  return name
}

async function guard<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw isOutage(error)
      ? Object.assign(new ChatError('unavailable', { message: 'The database is not available right now.' }), { cause: error })
      : error
  }
}

/** Whether the session is of no more use: it is ending, keeps a plan that the tables have outgrown, or, without a code, nobody knows what it is doing. */
const isSpent = ({ code }: { code?: string }): boolean => code === undefined || /^(08|57P|XX|0A)/.test(code)

/**
 * Whether the server cannot do it now (gone, starting, full, overloaded, too slow), as against: we asked for something wrong.
 * Classes of SQLSTATE: 08 connection, 53 resources (disk full, too many connections), 57P operator intervention, 58 system,
 * 55P03 lock not available, 40 rollback by the server (deadlock, serialization), 25P03 and 57014 timeouts, XX corrupted or internal.
 */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: string }
  if (code === undefined) return /timeout|terminated|closed|ended|not queryable|Connection/i.test(error.message)
  return /^(08|53|57P|58|40|XX)|^(55P03|25P03|57014)$/.test(code) || /^E[A-Z]+$/.test(code)
}

/** The constraint that a statement ran into, when it was a unique one. */
export function violatedUnique(error: unknown): string | null {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code === '23505' ? (constraint ?? '') : null
}
