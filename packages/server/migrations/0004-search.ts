/** The words of messages. Not searched as text: two characters of Chinese use no trigram index, so the words are made by us. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table message_terms (message_id uuid primary key, room_id uuid not null, terms tsvector not null)`.execute(db)
  await sql`create index message_terms_found on message_terms using gin (terms)`.execute(db)
}
