/**
 * Finding messages in PostgreSQL. Passages tell where all the words were said; those messages are read, and so is what has no passage yet: the last
 * few of each room, and what was changed a moment ago. So whatever was acknowledged is found at once.
 */
import type { SearchIndex } from '../../application/ports/search.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { answers, type Question, roomTerm } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'
import { containing } from './patterns.ts'
import { PASSAGE } from './search-indexer.ts'
import { messageColumns, messageOf, type MessageRow, readBy, senderJoin } from './views.ts'

/** More rooms than these would make the question to the index too long: their passages are sorted out behind it. */
const FEW_ROOMS = 100
/** So many passages are looked into first, the newest; and so many times more when the page is not full. */
const PASSAGES = 64
const MORE = 8

type Found = MessageRow & { floor: string | null }

export function searchIndex(db: Sql): SearchIndex {
  /** The rooms of whoever has few. */
  async function fewRooms(userId: string): Promise<string[]> {
    const rows = await db.read<{ room_id: string }>(ROOMS, [userId])
    return rows.length > FEW_ROOMS ? [] : rows.map(({ room_id }) => room_id)
  }

  return {
    async find(viewerId, question, { room_id = null, from_user_id = null, after = null, before = null, cursor, limit }) {
      const [last = null] = decodeCursor(cursor, ['id']) ?? []
      const terms = tsquery(question, room_id === null ? await fewRooms(viewerId) : [room_id])
      const patterns = [...question.words.filter(isAscii), ...question.runs].map(containing)
      for (let more = 1; ; more *= MORE) {
        const atMost = (limit + 1) * more
        const values = [terms, viewerId, patterns, room_id, from_user_id, after, before, last, atMost, PASSAGES * more]
        const rows = await db.read<Found>(FIND, values)
        const floor = rows[0]?.floor ?? null
        const found = rows.flatMap((row) =>
          row.m_id !== null && (floor === null || row.m_id > floor) && answers(row.m_content, question) ? messageOf(row) : [],
        )
        if (found.length > limit || (floor === null && rows.length < atMost)) return pageOf(found, limit, (message) => [message.id])
      }
    },
  }
}

/** Their case does not depend on a language; and the letters of scripts without spaces have none. */
const isAscii = (word: string): boolean => /^[\x21-\x7e]+$/.test(word)

const ROOMS = `select room_id from members where user_id = $1 limit ${FEW_ROOMS + 1}`

/**
 * $1 tsquery, $2 viewer, $3 patterns, $4 room, $5 sender, $6 after, $7 before, $8 cursor, $9 messages at most, $10 passages at most.
 * `floor`: beyond it there may be more, in passages that were not looked into; null when there are none.
 */
const FIND = `
  with mine as materialized (select room_id from members where user_id = $2::uuid and ($4::uuid is null or room_id = $4)),
    passage as materialized (
      select room_id, nth, last_id from passages
      where terms @@ $1::tsquery and room_id in (select room_id from mine) and ($8::uuid is null or first_id < $8) order by last_id desc limit $10::int + 1),
    below as (select (select last_id from passage order by last_id desc offset $10::int limit 1) as floor),
    waiting as materialized (
      select room_id, nth from passages where terms is null
      union select c.room_id, c.nth from passage_changes c join passages p on p.room_id = c.room_id and p.nth = c.nth),
    place as (
      (select room_id, nth * ${PASSAGE} as after, nth * ${PASSAGE} + ${PASSAGE} as up_to from passage order by last_id desc limit $10::int)
      union select room_id, nth * ${PASSAGE}, nth * ${PASSAGE} + ${PASSAGE} from waiting where room_id in (select room_id from mine)
      union all select room_id, coalesce((select max(p.nth) + 1 from passages p where p.room_id = mine.room_id), 0) * ${PASSAGE}, ${Number.MAX_SAFE_INTEGER} from mine),
    found as materialized (
      select m.* from place x, lateral (
        select * from messages where room_id = x.room_id and seq > x.after and seq <= x.up_to and state = 'sent' and ($8::uuid is null or id < $8)
          and ($5::uuid is null or sender_id = $5) and ($6::timestamptz is null or created_at > $6) and ($7::timestamptz is null or created_at < $7)
          and lower(replace(case when octet_length(content) = length(content) then content else normalize(content, nfkc) end, 'İ', 'i') collate "C") like all ($3::text[])) m
      order by m.id desc limit $9)
  select ${messageColumns(readBy('$2::uuid'))}, below.floor from below left join found m on true ${senderJoin} order by m.id desc`

/** Every term must be there; a word is found by its beginning. `rooms`: in one of these; none: wherever it is. */
function tsquery({ words, exact }: Question, rooms: readonly string[]): string {
  const quoted = (term: string) => `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
  const places = rooms.length > 0 ? [`(${rooms.map((roomId) => quoted(roomTerm(roomId))).join(' | ')})`] : []
  return [...words.map((word) => `${quoted(word)}:*`), ...exact.map(quoted), ...places].join(' & ')
}
