/** People written straight into the tables: thousands of slow password hashes would take minutes. */
import type { Client } from 'pg'

/** Guests 1, 2, 3 … and the streams of their own; nobody can sign in as one. */
export async function insertGuests(db: Client, ids: readonly string[]): Promise<void> {
  await db.query(
    `insert into users (id, username, username_key, email, email_key, display_name, created_at)
     select id, 'guest_' || n, 'guest_' || n, 'guest_' || n || '@example.org', 'guest_' || n || '@example.org', 'Guest ' || n, now()
     from unnest($1::uuid[]) with ordinality as u(id, n)`,
    [ids],
  )
  await insertStreams(db, ids)
}

export async function insertStreams(db: Client, ids: readonly string[]): Promise<void> {
  await db.query('insert into streams (id) select unnest($1::uuid[])', [ids])
}
