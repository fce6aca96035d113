/** The epoch: an id of the history that the log tells. Clients give it back; under another one, what they hold may never have happened here. */
import { sql } from 'kysely'
import type { Sql } from './database.ts'

/** Begins another history from the present state on. Sockets that are open stay in the old one until they come back. */
export async function newEpoch(database: Sql): Promise<{ before: string; now: string }> {
  const row = await database.row(sql<{ before: string; now: string }>`
    update history h set epoch = gen_random_uuid(), since = now() from history previous returning previous.epoch as before, h.epoch as now`)
  if (!row) throw new Error('The table history has lost its row. Restore the database from a backup that has it.')
  return row
}
