/**
 * Gives passages their words. The relay makes a passage when thirty-two places of a room are full, and a change of a message takes its words away;
 * until they are here, whoever searches reads those messages himself. So this may be late, and need not be woken.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { indexTerms, roomTerm } from '../../domain/search-terms.ts'
import { type Database, type Sql, sqlOf } from './database.ts'
import { plainArray } from './plain-array.ts'

/** Places of a passage. The tables count on it: another number needs a migration. */
export const PASSAGE = 32
/** In one go. */
const AT_ONCE = 16
/** For each millisecond of work, so many of rest: senders come first. But each time so many wait the rest is halved, or a busy day would make searches slow. */
const REST = 10
const REST_HALVES_EACH = 2_000
const COUNTED = 10 * REST_HALVES_EACH
/** As long as it finds nothing. Changes are made by all instances, so it has to look. */
const LOOK_EVERY_MS = 1_000
const LONGEST_REST_MS = 5_000
/** One instance at a time: two would do the same. Held for as long as a transaction. */
const INDEXER_LOCK = 7_332_478
/** Looked through at once, after a start, for passages that nobody has made: those of an older program's time. */
const ROOMS_AT_ONCE = 200

type Said = { readonly room_id: string; readonly nth: number; readonly version: string; readonly content: string | null }

/** Most seconds there is nothing to do: one question then, not five. In this order, the index is all that is read. */
const ANYTHING = sql<{ waits: boolean }>`
  select exists (select from passage_changes) or (select nth from passages where terms is null order by nth desc limit 1) is not null as waits`
/** Whoever was committed is seen by all that is read from now on. So a passage that is not there now will be right when it comes. */
const CHANGED = sql`
  with gone as (delete from passage_changes returning room_id, nth) update passages p set terms = null from gone where p.room_id = gone.room_id and p.nth = gone.nth`
const LOCKED = sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${INDEXER_LOCK}) as mine`
/** No row is locked while words are made of what it says: nobody who changes a message shall wait for us. `version` tells whether somebody did. */
const TAKEN = sql<Said>`
  select w.room_id, w.nth, w.version, m.content
  from (select room_id, nth, xmin::text as version from passages where terms is null order by nth desc limit ${AT_ONCE}) w
    left join lateral (select content from messages
      where room_id = w.room_id and seq > w.nth * ${PASSAGE} and seq <= w.nth * ${PASSAGE} + ${PASSAGE} and state = 'sent') m on true`
const WAITING = sql<{ count: number }>`select count(*)::int as count from (select 1 from passages where terms is null limit ${COUNTED}) w`

/** Runs until `stop`; of several instances one works at a time. */
export function startSearchIndexer(database: Database, onError: (error: unknown) => void) {
  const stopping = new AbortController()
  const rest = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})

  /** Returns how many passages there were to do. */
  async function step(): Promise<number> {
    if (!(await database.row(ANYTHING))?.waits) return 0
    await database.rows(CHANGED)
    return database.kysely.transaction().execute(async (trx) => {
      const db = sqlOf(trx)
      if (!(await db.row(LOCKED))?.mine) return 0
      const said = await db.rows(TAKEN)
      if (said.length > 0) await write(db, said)
      return said.length
    })
  }

  /** Passages that are full and were never made, a few of each room at a time. */
  async function makeMissing(): Promise<void> {
    for (let after: string | null = null; !stopping.signal.aborted;) {
      const rooms: { id: string; last_seq: number }[] = await database.rows(sql`
        select r.id, s.last_seq from rooms r join streams s on s.id = r.id where ${after}::uuid is null or r.id > ${after} order by r.id limit ${ROOMS_AT_ONCE}`)
      const ids = rooms.map(({ id }) => id)
      const [streams, seqs] = [
        [...ids, ...ids],
        [...ids.map(() => 1), ...rooms.map(({ last_seq }) => last_seq)],
      ]
      const made = await database.row(sql<{ count: number }>`select note_passages(${streams}::uuid[], ${seqs}::bigint[]) as count`)
      if (made && made.count > 0) continue // the same rooms again, until they lack nothing
      if (rooms.length < ROOMS_AT_ONCE) return
      after = ids.at(-1) ?? null
    }
  }

  async function restFor(workMs: number): Promise<number> {
    const row = await database.row(WAITING)
    return Math.min(LONGEST_REST_MS, (workMs * REST) / 2 ** ((row?.count ?? 0) / REST_HALVES_EACH))
  }

  async function run(): Promise<void> {
    await makeMissing().catch(onError)
    while (!stopping.signal.aborted) {
      const started = performance.now()
      const done = await step().catch((error: unknown) => {
        onError(error)
        return 0
      })
      await rest(done > 0 ? await restFor(performance.now() - started).catch(() => LOOK_EVERY_MS) : LOOK_EVERY_MS)
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** Whatever was changed since it was read is another version, and has its turn again. */
async function write(db: Sql, said: readonly Said[]): Promise<void> {
  const rows = [...Map.groupBy(said, ({ room_id, nth }) => `${room_id} ${nth}`).values()].flatMap(rowOf)
  await db.rows(sql`
    update passages p set terms = w.terms
    from unnest(${plainArray(rows, (r) => r.room_id)}::uuid[], ${plainArray(rows, (r) => r.nth)}::int[], ${plainArray(rows, (r) => r.version)}::text[],
      ${plainArray(rows, (r) => r.terms)}::tsvector[]) as w(room_id, nth, version, terms)
    where p.room_id = w.room_id and p.nth = w.nth and p.xmin::text = w.version`)
}

/** The words need no quotes of their own: they have letters, digits, marks and underscores alone. */
function rowOf(said: readonly Said[]) {
  const [first] = said
  if (!first) return []
  const { room_id, nth, version } = first
  const words = indexTerms(said.flatMap(({ content }) => content ?? []))
  return { room_id, nth, version, terms: `"${[roomTerm(room_id), ...words].join(' ')}"` }
}
