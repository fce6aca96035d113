/** The limit of the database: rows as Teahouse writes them, copied from its own tables and inserted in batches, nothing checked, one transaction a batch. */
import pg from 'pg'

/** Tables that get one row a message, and the columns that must differ in each. */
const TABLES = (process.env['TABLES'] ?? '').split(',')
const NUMBERS = new Set(['seq'])
const IDS = new Set(['id', 'event_id', 'message_id', 'client_id'])
const SAMPLES = 2000

const [batch, seconds] = [Number(process.env['BATCH']), Number(process.env['SECONDS'])]
const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] })
await client.connect()

type Column = { name: string; type: string; isArray: boolean }
type Copy = { name: string; columns: Column[]; samples: Record<string, string | null>[] }

const copies: Copy[] = []
for (const name of TABLES) {
  await client.query(`drop table if exists raw_${name.replace('.', '_')}`)
  await client.query(`create table raw_${name.replace('.', '_')} (like ${name} including all)`)
  const { rows } = await client.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type, format_type(atttypid, atttypmod) like '%[]' as "isArray"
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attidentity = '' order by attnum`,
    [name],
  )
  const list = rows.map((column) => `${quote(column.name)}::text`).join(', ')
  const samples = await client.query<Record<string, string | null>>(`select ${list} from ${name} limit ${SAMPLES}`)
  copies.push({ name: `raw_${name.replace('.', '_')}`, columns: rows, samples: samples.rows })
}

const text = `with ${copies.map((copy, index) => `t${index} as (${insertion(copy, copies.slice(0, index))})`).join(', ')} select 1`
let number = 0

/** `insert into … select * from unnest($1::…[], …)`: one parameter a column, arrays as text because unnest would flatten them. */
function insertion({ name, columns }: Copy, before: readonly Copy[]): string {
  const offset = before.reduce((sum, copy) => sum + copy.columns.length, 1)
  const list = columns.map((column) => quote(column.name)).join(', ')
  const values = columns
    .map((column) => (column.isArray ? `u.${quote(column.name)}::${column.type}` : `u.${quote(column.name)}`))
    .join(', ')
  const arrays = columns.map((column, index) => `$${offset + index}::${column.isArray ? 'text' : column.type}[]`).join(', ')
  return `insert into ${name} (${list}) select ${values} from unnest(${arrays}) as u(${list})`
}

function values(): unknown[] {
  const from = number
  number += batch
  const ids = Array.from({ length: batch }, () => crypto.randomUUID())
  return copies.flatMap(({ columns, samples }) =>
    columns.map(({ name }) => Array.from({ length: batch }, (_, row) => value(name, ids[row] ?? '', from + row, samples))),
  )
}

function value(column: string, id: string, row: number, samples: Copy['samples']): unknown {
  if (NUMBERS.has(column)) return row + 1_000_000
  if (IDS.has(column)) return id
  return samples[row % samples.length]?.[column] ?? null
}

function quote(name: string): string {
  return `"${name}"`
}

const run = async (untilMs: number): Promise<number> => {
  let rows = 0
  for (; performance.now() < untilMs; rows += batch) await client.query({ name: 'raw', text, values: values() })
  return rows
}
await run(performance.now() + 1000)
const began = performance.now()
const rows = await run(began + seconds * 1000)
console.log(`ready ${(rows * 1000) / (performance.now() - began)}`)
for (const copy of copies) await client.query(`drop table ${copy.name}`)
await client.end()
