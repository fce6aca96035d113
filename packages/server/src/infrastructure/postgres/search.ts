/** The search index in PostgreSQL: written behind the log by the relay, read together with the messages themselves. */
import type { Message } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { SearchIndex } from '../../application/ports/search.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Question } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'
import { startingWith } from './patterns.ts'
import { messageJoins, messageJson } from './views.ts'

export const searchIndex = (db: Sql): SearchIndex => ({
  async find(viewerId, question, { room_id = null, from_user_id = null, after = null, before = null, cursor, limit }) {
    const [last = null] = decodeCursor(cursor, ['id']) ?? []
    const patterns = question.runs.map((run) => `%${startingWith(run)}`)
    const rows = await db.rows(sql<{ view: Message }>`
      select ${messageJson} as view from message_terms w join messages m on m.id = w.message_id ${messageJoins(sql`${viewerId}::uuid`)}
      where w.terms @@ ${tsquery(question)}::tsquery and w.room_id in (select p.room_id from members p where p.user_id = ${viewerId})
        and m.state = 'sent' and lower(normalize(m.content, nfkc)) like all (${patterns}::text[])
        and (${room_id}::uuid is null or m.room_id = ${room_id}) and (${from_user_id}::uuid is null or m.sender_id = ${from_user_id})
        and (${after}::timestamptz is null or m.created_at > ${after}) and (${before}::timestamptz is null or m.created_at < ${before})
        and (${last}::uuid is null or m.id < ${last}::uuid)
      order by m.id desc limit ${limit + 1}`)
    return pageOf(
      rows.map(({ view }) => view),
      limit,
      (message) => [message.id],
    )
  },
})

/** Every term must be there; a word is found by its beginning. */
function tsquery({ words, exact }: Question): string {
  const quoted = (term: string) => `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  return [...words.map((word) => `${quoted(word)}:*`), ...exact.map(quoted)].join(' & ')
}
