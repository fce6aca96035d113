/** What consumers of the log remember, and the activity of rooms that one of them counts. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table consumed (consumer text not null, stream uuid not null, last_seq bigint not null, primary key (consumer, stream)) with (fillfactor = 70)`.execute(
    db,
  )
  await sql`create table consumed_aside (consumer text not null, event_id uuid not null, primary key (consumer, event_id))`.execute(db)
  await sql`create table room_activity (
    room_id uuid not null, day date not null, messages integer not null default 0, edits integer not null default 0,
    reactions integer not null default 0, joins integer not null default 0, writers integer not null default 0,
    primary key (room_id, day)) with (fillfactor = 70)`.execute(db)
  await sql`create table room_activity_writers (room_id uuid not null, day date not null, user_id uuid not null, primary key (room_id, day, user_id))`.execute(
    db,
  )
}
