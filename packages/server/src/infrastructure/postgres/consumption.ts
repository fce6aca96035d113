/** What our consumers have done: how far each has come in each stream, so that a record that comes again changes nothing. */
import { sql } from 'kysely'
import type { OutboxEvent, RelayConsumer } from '../../application/ports/relay.ts'
import { type Database, type Sql, sqlOf } from './database.ts'

export type NamedConsumer = { readonly name: string; readonly topic: 'chat-events' | 'search-events'; readonly consume: RelayConsumer<Sql> }

/** Does the work of those events that are new to the consumer, and remembers it, in one transaction. */
export async function consumeOnce(database: Database, { name, consume }: NamedConsumer, events: readonly OutboxEvent[]): Promise<void> {
  await database.kysely.transaction().execute(async (trx) => {
    const db = sqlOf(trx)
    const streams = [...new Set(events.map(({ stream }) => stream))].toSorted()
    await db.rows(
      sql`insert into consumed (consumer, stream, last_seq) select ${name}, w.id, 0 from unnest(${streams}::uuid[]) as w(id) on conflict do nothing`,
    )
    const rows = await db.rows(sql<{ stream: string; last_seq: number }>`
      select stream, last_seq from consumed where consumer = ${name} and stream = any(${streams}::uuid[]) order by stream for update`)
    const marks = new Map(rows.map(({ stream, last_seq }) => [stream, last_seq]))
    const fresh = events.filter(({ stream, seq }) => {
      const isNew = seq > (marks.get(stream) ?? 0)
      if (isNew) marks.set(stream, seq)
      return isNew
    })
    if (fresh.length === 0) return
    await consume(db, fresh)
    await db.rows(sql`
      update consumed c set last_seq = w.seq from unnest(${[...marks.keys()]}::uuid[], ${[...marks.values()]}::bigint[]) as w(stream, seq)
      where c.consumer = ${name} and c.stream = w.stream`)
  })
}

/** One event that was put aside, whatever came after it: once, by its event_id. False: it had been done already. */
export async function consumeAside(database: Database, { name, consume }: NamedConsumer, event: OutboxEvent): Promise<boolean> {
  return database.kysely.transaction().execute(async (trx) => {
    const db = sqlOf(trx)
    const fresh = await db.row(sql`
      insert into consumed_aside (consumer, event_id) values (${name}, ${event.event_id}) on conflict do nothing returning event_id`)
    if (fresh) await consume(db, [event])
    return fresh !== undefined
  })
}
