/** The search index in PostgreSQL: written behind the log by the relay, read together with the messages themselves. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { SearchIndex } from '../../application/ports/search.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { type Question, roomTerm } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'
import { containing } from './patterns.ts'
import { messageColumns, messageOf, type MessageRow, readBy, senderJoin } from './views.ts'

/** The index follows the log within some tens of milliseconds: who searches for what was just said waits for it, but not for a backlog. */
const FOLLOWS_WITHIN_MS = 250
const LOOK_EVERY_MS = 20
/** Of more rooms than these the newest messages are looked through faster than the index. */
const FEW_ROOMS = 100

export function searchIndex(db: Sql): SearchIndex {
  /** The rooms of whoever has few. */
  async function fewRooms(userId: string): Promise<string[]> {
    const rows = await db.rows(sql<{ room_id: string }>`select room_id from members where user_id = ${userId} limit ${FEW_ROOMS + 1}`)
    return rows.length > FEW_ROOMS ? [] : rows.map(({ room_id }) => room_id)
  }

  /** What is in the log now is in the index as well, or a moment has passed. */
  async function followed(): Promise<void> {
    const [newest] = await db.read<{ id: number | null }>('select max(id) as id from outbox', [])
    if (!newest || newest.id === null) return
    for (let waited = 0; waited < FOLLOWS_WITHIN_MS; waited += LOOK_EVERY_MS) {
      await sleep(LOOK_EVERY_MS)
      if ((await db.read('select 1 from outbox where id <= $1 limit 1', [newest.id])).length === 0) return
    }
  }

  return {
    async find(viewerId, question, { room_id = null, from_user_id = null, after = null, before = null, cursor, limit }) {
      const [last = null] = decodeCursor(cursor, ['id']) ?? []
      if (last === null) await followed()
      const patterns = question.runs.map(containing)
      const rows = await db.read<MessageRow>(FIND, [
        tsquery(question, room_id === null ? await fewRooms(viewerId) : [room_id]),
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
  }
}

const FIND = `
  select ${messageColumns(readBy('$2::uuid'))} from message_terms w join messages m on m.id = w.message_id ${senderJoin}
  where w.terms @@ $1::tsquery and w.room_id in (select p.room_id from members p where p.user_id = $2::uuid)
    and m.state = 'sent' and lower(normalize(m.content, nfkc)) like all ($3::text[])
    and ($4::uuid is null or m.room_id = $4) and ($5::uuid is null or m.sender_id = $5)
    and ($6::timestamptz is null or m.created_at > $6) and ($7::timestamptz is null or m.created_at < $7)
    and ($8::uuid is null or m.id < $8) order by m.id desc limit $9`

/** Every term must be there; a word is found by its beginning. `rooms`: in one of these; none: wherever it is. */
function tsquery({ words, exact }: Question, rooms: readonly string[]): string {
  const quoted = (term: string) => `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  const places = rooms.length > 0 ? [`(${rooms.map((roomId) => quoted(roomTerm(roomId))).join(' | ')})`] : []
  return [...words.map((word) => `${quoted(word)}:*`), ...exact.map(quoted), ...places].join(' & ')
}
