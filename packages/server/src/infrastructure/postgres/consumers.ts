/** Everybody who follows the log outside of the hot path: each a function in the database, of the streams and seqs of events. */
import { sql } from 'kysely'
import type { NamedConsumer } from './consumption.ts'

export type OwnConsumer = NamedConsumer & { readonly act: string }

const consumer = (name: string, topic: NamedConsumer['topic'], act: string): OwnConsumer => ({
  name,
  topic,
  act,
  consume: async (db, events) =>
    void (await db.rows(
      sql`select ${sql.raw(act)}(${events.map(({ stream }) => stream)}::uuid[], ${events.map(({ seq }) => seq)}::bigint[])`,
    )),
})

export const CONSUMERS: readonly OwnConsumer[] = [
  consumer('search', 'search-events', 'note_passages'),
  consumer('room-activity', 'chat-events', 'count_activity'),
]
