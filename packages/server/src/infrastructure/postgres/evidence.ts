/** The database as a witness: everything is read in one transaction that sees one moment, so that a server may go on meanwhile. */
import { sql } from 'kysely'
import type { Evidence, Finding, Recount, Stillness } from '../../application/ports/evidence.ts'
import { type Database, type Sql, sqlOf } from './database.ts'
import { eventLog } from './event-log.ts'
import { type Proof, PROOFS } from './proofs.ts'

const EXAMPLES = 5

export const createEvidence = (database: Database): Evidence => ({
  still: (look) =>
    database.kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (trx) => {
        const db = sqlOf(trx)
        await db.rows(sql`set local statement_timeout = 0`)
        await db.rows(sql`set local idle_in_transaction_session_timeout = 0`)
        return look(stillness(db))
      }),
  async outbox() {
    const found = await database.row(
      sql<{
        waiting: number
        oldest: number | null
      }>`select coalesce(sum(cardinality(seqs)), 0)::int as waiting, min(id) as oldest from outbox`,
    )
    return found ?? { waiting: 0, oldest: null }
  },
  async isInUse() {
    const others = await database.rows(sql`
      select 1 from pg_stat_activity where datname = current_database() and application_name like 'teahouse %'
        and application_name <> current_setting('application_name') limit 1`)
    return others.length > 0
  },
})

const stillness = (db: Sql): Stillness => ({
  async prove(onFinding) {
    for (const proof of PROOFS) onFinding(await findingOf(db, proof))
  },
  async users(after, limit) {
    const rows = await db.rows(sql<{ id: string }>`
      select id from users where status = 'active' and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}`)
    return rows.map(({ id }) => id)
  },
  recount: (userIds) =>
    db.rows(sql<Recount>`
      select p.user_id, p.room_id, least(100, count(m.id))::int as unread_count,
             least(100, count(m.id) filter (where p.user_id = any(m.mentions)))::int as mention_count
      from members p join rooms r on r.id = p.room_id and r.deleted_at is null
      left join messages m on m.room_id = p.room_id and m.seq > p.last_read_seq and m.sender_id <> p.user_id and m.state = 'sent'
      where p.user_id = any(${userIds}::uuid[]) group by p.user_id, p.room_id`),
  log: eventLog(db),
})

async function findingOf(db: Sql, { promise, of, drift }: Proof): Promise<Finding> {
  const looked = await db.row(sql<{ count: number }>`${sql.raw(of)}`)
  const found = await db.rows(sql<{ drift: string; n: number }>`
    select d.drift, count(*) over () as n from (${sql.raw(drift)}) as d(drift) limit ${EXAMPLES}`)
  return { promise, of: looked?.count ?? 0, drift: found[0]?.n ?? 0, examples: found.map((row) => row.drift) }
}
