/** The one row that names the history which the log tells: whoever restores an older state begins another history, and clients must notice. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table history (
    epoch uuid not null default gen_random_uuid(), since timestamptz not null default now(),
    single boolean primary key default true check (single))`.execute(db)
  await sql`insert into history default values`.execute(db)
}
