/** Keeps the search index behind the log: what is said or changed is indexed, what is gone leaves it. */
import { sql } from 'kysely'
import type { OutboxEvent, RelayConsumer } from '../../application/ports/relay.ts'
import { indexTerms, roomTerm } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'

const SAID = new Set<string>(['message_sent', 'message_edited'])
const GONE = new Set<string>(['message_deleted', 'message_recalled'])

/**
 * A message that is erased while its words are being written has its erasing event behind it in the outbox: what was written too late is
 * taken away by that. So no row needs to be locked.
 */
export const searchConsumer: RelayConsumer<Sql> = async (db, events) => {
  const said = idsOf(events, SAID)
  const gone = idsOf(events, GONE)
  if (said.length > 0) await index(db, said)
  if (gone.length > 0) await db.rows(sql`delete from message_terms where message_id = any(${gone}::uuid[])`)
}

async function index(db: Sql, messageIds: string[]): Promise<void> {
  const messages = await db.rows(sql<{ id: string; room_id: string; content: string }>`
    select id, room_id, content from messages where id = any(${messageIds}::uuid[]) and state = 'sent'`)
  const array = (part: (message: (typeof messages)[number]) => string) => `{${messages.map(part).join(',')}}`
  await db.rows(sql`
    insert into message_terms (message_id, room_id, terms)
    select w.id, w.room_id, w.terms from unnest(${array((m) => m.id)}::uuid[], ${array((m) => m.room_id)}::uuid[], ${array(vector)}::tsvector[]) as w(id, room_id, terms)
    on conflict (message_id) do update set terms = excluded.terms`)
}

const idsOf = (events: readonly OutboxEvent[], types: ReadonlySet<string>): string[] =>
  events.flatMap(({ type, message_id }) => (message_id !== null && types.has(type) ? [message_id] : []))

/** A tsvector's text as an element of an array's text. Words have letters, digits, marks and underscores alone: none needs quotes of its own. */
const vector = ({ room_id, content }: { room_id: string; content: string }): string =>
  `"${[roomTerm(room_id), ...indexTerms(content)].join(' ')}"`
