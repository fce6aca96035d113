/** Moving house: copies everything from one database to an empty one, ids and seqs as they are, in one transaction, so that an interruption leaves nothing. */
import { ChatError } from '@teahouse/protocol'
import pg from 'pg'
import type { Connection } from './database.ts'

const ROWS = 1_000
const OWN = /^kysely_/
/** A database has its epoch from its first moment; the source's takes its place. */
const EPOCH = 'history'

export type Copied = { readonly table: string; readonly rows: number }

/** Both have their tables already. Throws `conflict` when somebody still uses the source, or when the target holds something. */
export async function copyEverything(from: Connection, to: Connection, onCopied: (copied: Copied) => void): Promise<void> {
  const [source, target] = [clientOf(from), clientOf(to)]
  try {
    await Promise.all([source.connect(), target.connect()])
    await refuseWhileUsed(source)
    await source.query('begin transaction isolation level repeatable read read only')
    await target.query('begin')
    const tables = await tablesOf(source)
    await target.query(`delete from ${EPOCH}`)
    for (const table of tables) await refuseUnlessEmpty(target, table)
    for (const table of tables) onCopied({ table: table.replaceAll('"', ''), rows: await copyTable(source, target, table) })
    await moveSequences(source, target)
    await target.query('commit')
  } finally {
    await Promise.all([source.end(), target.end()])
  }
  await compare(from, to)
}

const clientOf = (connection: Connection): pg.Client => {
  const options = typeof connection === 'string' ? { connectionString: connection } : connection
  return new pg.Client({ ...options, application_name: 'teahouse promote', options: '-c timezone=UTC' })
}

/** What is written during the copy would be left behind. */
async function refuseWhileUsed(source: pg.Client): Promise<void> {
  const { rows } = await source.query<{ name: string }>(
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and application_name ~ '^teahouse \\d+' and split_part(application_name, ' ', 2) <> $1`,
    [String(process.pid)],
  )
  if (rows.length > 0)
    throw new ChatError('conflict', {
      message: `Stop the server first: ${rows.map(({ name }) => name).join(', ')} still uses the database.`,
    })
}

async function refuseUnlessEmpty(target: pg.Client, table: string): Promise<void> {
  const { rows } = await target.query(`select 1 from ${table} limit 1`)
  if (rows.length > 0)
    throw new ChatError('conflict', {
      message: `The target is not empty: its table ${table} has rows. Name a database that nobody uses yet.`,
    })
}

/** Those that others refer to come first. */
async function tablesOf(source: pg.Client): Promise<string[]> {
  const { rows } = await source.query<{ name: string; needs: string[] }>(
    `select c.relname::text as name, array_remove(array_agg(distinct f.relname::text), c.relname::text) as needs
     from pg_class c left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' left join pg_class f on f.oid = k.confrelid
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by c.relname order by c.relname`,
  )
  const waiting = new Map(rows.filter(({ name }) => !OWN.test(name)).map(({ name, needs }) => [name, needs.filter(Boolean)]))
  const ordered: string[] = []
  while (waiting.size > 0) {
    const free = [...waiting].filter(([, needs]) => needs.every((need) => !waiting.has(need))).map(([name]) => name)
    if (free.length === 0) throw new Error(`These tables refer to each other in a circle: ${[...waiting.keys()].join(', ')}`)
    for (const name of free) waiting.delete(name)
    ordered.push(...free)
  }
  return ordered.map((name) => pg.escapeIdentifier(name))
}

/** Rows travel as JSON text, which keeps every value of every column. */
async function copyTable(source: pg.Client, target: pg.Client, table: string): Promise<number> {
  let copied = 0
  await source.query(`declare copied no scroll cursor for select row_to_json(t)::text as row from ${table} t`)
  for (;;) {
    const { rows } = await source.query<{ row: string }>(`fetch ${ROWS} from copied`)
    if (rows.length === 0) break
    await target.query(`insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1::json)`, [
      `[${rows.map(({ row }) => row).join(',')}]`,
    ])
    copied += rows.length
  }
  await source.query('close copied')
  return copied
}

/** What counts ids goes on where it was. */
async function moveSequences(source: pg.Client, target: pg.Client): Promise<void> {
  const { rows } = await source.query<{ name: string; last: string | null }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as last from pg_sequences where schemaname = 'public'`,
  )
  for (const { name, last } of rows) if (last !== null) await target.query('select setval($1::regclass, $2::bigint)', [name, last])
}

/** Throws when a table of the target does not hold as many rows as that of the source. */
async function compare(from: Connection, to: Connection): Promise<void> {
  const [source, target] = [clientOf(from), clientOf(to)]
  try {
    await Promise.all([source.connect(), target.connect()])
    for (const table of await tablesOf(source)) {
      const count = async (client: pg.Client) => (await client.query<{ n: string }>(`select count(*) as n from ${table}`)).rows[0]?.n
      const [there, here] = [await count(source), await count(target)]
      if (there !== here)
        throw new ChatError('conflict', { message: `Table ${table} has ${there} rows in the source and ${here} in the target.` })
    }
  } finally {
    await Promise.all([source.end(), target.end()])
  }
}
