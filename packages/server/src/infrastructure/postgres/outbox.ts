/** The queue of events that are committed and not passed on yet, for a relay that passes them on outside of the database. */
import { sql } from 'kysely'
import type { PublishedEvent } from '../../domain/event.ts'
import type { Sql } from './database.ts'
import { eventLog } from './event-log.ts'

export type Outbox = {
  /** The oldest commits and their events, in the order in which they were committed in each stream. Nothing is taken off yet. */
  oldest(): Promise<{ commits: readonly string[]; events: readonly PublishedEvent[] }>
  /** These have been passed on. */
  done(commits: readonly string[]): Promise<void>
  /** Commits that wait, and the milliseconds that the oldest event of them has waited. */
  waiting(): Promise<{ commits: number; oldestMs: number }>
}

const COMMITS = 64
/** Counting a long queue to its end would be work for nothing. */
const COUNTED = 100_000

export function createOutbox(db: Sql): Outbox {
  const log = eventLog(db)
  return {
    async oldest() {
      const rows = await db.rows(sql<{ id: string; streams: string[]; seqs: string[] }>`
        select id::text, streams, seqs::text[] from outbox order by outbox.id limit ${COMMITS}`)
      const ranges = new Map<string, { stream: string; after: number; upTo: number }>()
      for (const { streams, seqs } of rows)
        for (const [i, stream] of streams.entries()) {
          const seq = Number(seqs[i])
          const { after = seq - 1, upTo = seq } = ranges.get(stream) ?? {}
          ranges.set(stream, { stream, after: Math.min(after, seq - 1), upTo: Math.max(upTo, seq) })
        }
      const events = ranges.size === 0 ? [] : await log.events([...ranges.values()])
      return { commits: rows.map(({ id }) => id), events }
    },
    done: async (commits) => void (await db.rows(sql`delete from outbox where id = any(${commits}::bigint[])`)),
    async waiting() {
      const row = await db.row(sql<{ commits: number; oldest_ms: number | null }>`
        select (select count(*)::int from (select 1 from outbox limit ${COUNTED}) counted) as commits,
               (select (extract(epoch from now() - l.occurred_at) * 1000)::float8 from (select streams, seqs from outbox order by id limit 1) o
                join log l on l.stream = o.streams[1] and l.seq = o.seqs[1]) as oldest_ms`)
      return { commits: row?.commits ?? 0, oldestMs: Math.max(0, row?.oldest_ms ?? 0) }
    },
  }
}
