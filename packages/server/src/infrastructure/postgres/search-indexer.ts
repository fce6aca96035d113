/**
 * Gives passages their words. The relay makes a passage when thirty-two places of a room are full, and a change of a message takes its words away;
 * until they are here, whoever searches reads those messages himself. So this may be late, and need not be woken.
 */
import { sql } from 'kysely'
import { indexTerms, roomTerm } from '../../domain/search-terms.ts'
import { type Database, type Sql, sqlOf } from './database.ts'

/** Places of a passage. The tables count on it: another number needs a migration. */
export const PASSAGE = 32
/** In one transaction: short enough to be in nobody's way. */
const AT_ONCE = 16
/** For each millisecond of work, so many of rest: senders come first. But each time so many wait the rest is halved, or a busy day would make searches slow. */
const REST = 10
const REST_HALVES_EACH = 500
const COUNTED = 10 * REST_HALVES_EACH
/** As long as it finds nothing. Changes are made by all instances, so it has to look. */
const LOOK_EVERY_MS = 1_000

type Passage = { readonly room_id: string; readonly nth: number }
type Said = Passage & { readonly content: string | null }

/** Whoever was committed is seen by all that is read from now on. So a passage that is not there now will be right when it comes. */
const CHANGED = sql`
  with gone as (delete from passage_changes returning room_id, nth) update passages p set terms = null from gone where p.room_id = gone.room_id and p.nth = gone.nth`
const WAITING = sql<{ count: number }>`select count(*)::int as count from (select 1 from passages where terms is null limit ${COUNTED}) w`

/** Every instance has one; none takes what another has in hand. */
export function startSearchIndexer(database: Database, onError: (error: unknown) => void) {
  let wake = () => {}
  let stopping = false

  /** Whoever changes a message from now on waits for the row of its passage, and takes the words away again. */
  const step = (): Promise<number> =>
    database.kysely.transaction().execute(async (trx) => {
      const db = sqlOf(trx)
      await db.rows(CHANGED)
      const waiting = await db.rows(sql<Passage>`
        select room_id, nth from passages where terms is null order by nth limit ${AT_ONCE} for update skip locked`)
      if (waiting.length > 0) await write(db, waiting)
      return waiting.length
    })

  async function restFor(workMs: number): Promise<number> {
    const row = await database.row(WAITING)
    return (workMs * REST) / 2 ** ((row?.count ?? 0) / REST_HALVES_EACH)
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const started = performance.now()
      const done = await step().catch((error: unknown) => {
        onError(error)
        return 0
      })
      await rest(done > 0 ? await restFor(performance.now() - started).catch(() => LOOK_EVERY_MS) : LOOK_EVERY_MS)
    }
  }

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (stopping) wake()
    })

  const running = run()
  return {
    async stop() {
      stopping = true
      wake()
      await running
    },
  }
}

/** The messages are read by a statement of their own: only then its snapshot sees what was changed up to the lock. */
async function write(db: Sql, passages: readonly Passage[]): Promise<void> {
  const said = await db.rows(sql<Said>`
    select w.room_id, w.nth, m.content
    from unnest(${passages.map((p) => p.room_id)}::uuid[], ${passages.map((p) => p.nth)}::int[]) as w(room_id, nth)
      left join lateral (select content from messages
        where room_id = w.room_id and seq > w.nth * ${PASSAGE} and seq <= w.nth * ${PASSAGE} + ${PASSAGE} and state = 'sent') m on true`)
  const rows = [...Map.groupBy(said, ({ room_id, nth }) => `${room_id} ${nth}`).values()].flatMap(rowOf)
  const column = (part: (row: (typeof rows)[number]) => string | number) => `{${rows.map(part).join(',')}}`
  await db.rows(sql`
    update passages p set terms = w.terms
    from unnest(${column((r) => r.room_id)}::uuid[], ${column((r) => r.nth)}::int[], ${column((r) => r.terms)}::tsvector[]) as w(room_id, nth, terms)
    where p.room_id = w.room_id and p.nth = w.nth`)
}

/** As elements of arrays' texts, where the driver would look at every character: words have letters, digits, marks and underscores alone. */
function rowOf(said: readonly Said[]) {
  const [first] = said
  if (!first) return []
  const words = indexTerms(said.flatMap(({ content }) => content ?? []))
  return { room_id: first.room_id, nth: first.nth, terms: `"${[roomTerm(first.room_id), ...words].join(' ')}"` }
}
