/** The search index in PostgreSQL: written behind the log by the relay, read together with the messages themselves. */
import type { SearchIndex } from '../../application/ports/search.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import type { Question } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'
import { startingWith } from './patterns.ts'
import { messageColumns, messageOf, type MessageRow, readBy, senderJoin } from './views.ts'

export const searchIndex = (db: Sql): SearchIndex => ({
  async find(viewerId, question, { room_id = null, from_user_id = null, after = null, before = null, cursor, limit }) {
    const [last = null] = decodeCursor(cursor, ['id']) ?? []
    const patterns = question.runs.map((run) => `%${startingWith(run)}`)
    const rows = await db.read<MessageRow>(FIND, [
      tsquery(question),
      viewerId,
      patterns,
      room_id,
      from_user_id,
      after,
      before,
      last,
      limit + 1,
    ])
    return pageOf(rows.map(messageOf), limit, (message) => [message.id])
  },
})

const FIND = `
  select ${messageColumns(readBy('$2::uuid'))} from message_terms w join messages m on m.id = w.message_id ${senderJoin}
  where w.terms @@ $1::tsquery and w.room_id in (select p.room_id from members p where p.user_id = $2::uuid)
    and m.state = 'sent' and lower(normalize(m.content, nfkc)) like all ($3::text[])
    and ($4::uuid is null or m.room_id = $4) and ($5::uuid is null or m.sender_id = $5)
    and ($6::timestamptz is null or m.created_at > $6) and ($7::timestamptz is null or m.created_at < $7)
    and ($8::uuid is null or m.id < $8) order by m.id desc limit $9`

/** Every term must be there; a word is found by its beginning. */
function tsquery({ words, exact }: Question): string {
  const quoted = (term: string) => `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  return [...words.map((word) => `${quoted(word)}:*`), ...exact.map(quoted)].join(' & ')
}
