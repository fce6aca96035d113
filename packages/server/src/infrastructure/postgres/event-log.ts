/** The log, read: where streams end, what happened after a seq, and the state from which a client follows it. */
import type { Me, RoomEventType, UserEventType } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { EventLog, Range, Snapshot } from '../../application/ports/live.ts'
import { type PublishedEvent, removedUser, roomPayload, userPayload } from '../../domain/event.ts'
import { sentMessageJson } from '../../domain/message.ts'
import type { Sql } from './database.ts'
import { joinedRoomText, roomJoins } from './views.ts'

type EventRow = {
  stream: string
  seq: number
  event_id: string
  type: string
  actor_id: string | null
  at: string
  /** Of a message: what it said at first, when an edit changed that. */
  payload: string | null
  content: string | null
  message_type: string
  attachments: string | null
  reply: object | null
  mentions: string[] | null
  state: string
  client_id: string
  sender: string | null
}

const USER_EVENT = new Set<string>([
  'room_added',
  'room_removed',
  'read_marker_moved',
  'notification',
  'user_updated',
] satisfies UserEventType[])

export const eventLog = (db: Sql): EventLog => ({
  async snapshots(userIds) {
    const rows = await db.rows(sql<{
      id: string
      me: Me
      user_seq: number
      ids: string[] | null
      seqs: string[] | null
      rooms: string | null
    }>`
      select u.id, me_view(u) as me, own.last_seq as user_seq, joined.ids, joined.seqs, joined.rooms
      from unnest(${userIds}::uuid[]) as w(id) join users u on u.id = w.id join streams own on own.id = u.id
      left join lateral (
        select array_agg(p.room_id) as ids, array_agg(t.last_seq::text) as seqs, string_agg(${joinedRoomText}, ',' order by p.room_id) as rooms
        from members p join rooms r on r.id = p.room_id join streams t on t.id = p.room_id ${roomJoins(sql`true`, sql`p.user_id`)}
        where p.user_id = u.id and r.deleted_at is null) joined on true
      where u.status = 'active'`)
    return new Map(rows.map((row) => [row.id, snapshotOf(row)]))
  },
  async places(userId, roomIds) {
    const rows = await db.rows(sql<{ room_id: string; last_seq: number }>`
      select p.room_id, s.last_seq from members p join streams s on s.id = p.room_id join rooms r on r.id = p.room_id
      where p.user_id = ${userId} and p.room_id = any(${roomIds}::uuid[]) and r.deleted_at is null`)
    return new Map(rows.map((row) => [row.room_id, row.last_seq]))
  },
  async heads(streams) {
    const rows = await db.rows(sql<{ id: string; last_seq: number }>`select id, last_seq from streams where id = any(${streams}::uuid[])`)
    return new Map(rows.map((row) => [row.id, row.last_seq]))
  },
  async events(ranges) {
    const column = <T>(pick: (range: Range) => T) => ranges.map(pick)
    const rows = await db.rows(sql<EventRow>`
      with wanted as (
        select * from unnest(${column((r) => r.stream)}::uuid[], ${column((r) => r.after)}::bigint[], ${column((r) => r.upTo)}::bigint[]) as w(stream, after, up_to))
      select e.stream, e.seq, e.event_id, e.type, e.actor_id, e.occurred_at as at, e.payload::text as payload,
             null as content, null as message_type, null as attachments, null::json as reply, null::uuid[] as mentions, null as state, null::uuid as client_id, null as sender
      from wanted w join events e on e.stream = w.stream and e.seq > w.after and e.seq <= w.up_to
      union all
      select m.room_id, m.seq, m.id, 'message_sent', m.sender_id, m.created_at, m.kept::text,
             m.content, m.message_type, m.attachments::text, case when m.reply_to is not null then reply_view(m.reply_to) end, m.mentions, m.state, m.client_id, user_view(u)::text
      from wanted w join messages m on m.room_id = w.stream and m.seq > w.after and m.seq <= w.up_to join users u on u.id = m.sender_id
      order by stream, seq`)
    const senders = new Map<string, string>()
    return rows.map((row) => eventOf(row, senders))
  },
  async endedSessions(sessionIds) {
    return db.rows(sql<{ session_id: string; suspended: boolean }>`
      select s.id as session_id, u.status = 'suspended' as suspended from sessions s join users u on u.id = s.user_id
      where s.id = any(${sessionIds}::uuid[]) and (s.ended_at is not null or u.status <> 'active')`)
  },
})

function snapshotOf({
  me,
  user_seq,
  ids,
  seqs,
  rooms,
}: {
  me: Me
  user_seq: number
  ids: string[] | null
  seqs: string[] | null
  rooms: string | null
}): Snapshot {
  return { me, user_seq, heads: new Map((ids ?? []).map((id, i) => [id, Number(seqs?.[i])])), roomsJson: `[${rooms ?? ''}]` }
}

/** The same bytes that the socket said when it happened; only what was deleted since is empty. */
function eventOf(row: EventRow, senders: Map<string, string>): PublishedEvent {
  const { stream, seq, type } = row
  const head = { stream, seq, eventId: row.event_id, at: row.at }
  if (USER_EVENT.has(type))
    return { kind: 'user', stream, seq, type: type as UserEventType, payload: userPayload(head, row.payload ?? '{}') }
  const body = type === 'message_sent' ? sentBody(row, senders) : (row.payload ?? '{}')
  const removes = type === 'member_kicked' || type === 'user_left_room' ? removedUser(type, JSON.parse(body) as object) : undefined
  return { kind: 'room', stream, seq, type: type as RoomEventType, payload: roomPayload(head, row.actor_id, body), removes }
}

/** A message as it was sent: from its row, or from what an edit kept of it. */
function sentBody(row: EventRow, senders: Map<string, string>): string {
  const kept = row.payload === null ? undefined : (JSON.parse(row.payload) as { content: string; mentions: string[] })
  const message = sentMessageJson({
    id: row.event_id,
    room_id: row.stream,
    seq: row.seq,
    sender: compact(row.sender ?? 'null', senders),
    content: kept?.content ?? row.content ?? '',
    message_type: row.message_type,
    attachments: row.attachments ?? '[]',
    reply_to: JSON.stringify(row.reply),
    mentions: kept?.mentions ?? row.mentions ?? [],
    created_at: row.at,
    state: row.state,
    client_id: row.client_id,
  })
  return `{"message":${message}}`
}

/** PostgreSQL puts spaces between the parts of what it builds; we do not. */
function compact(json: string, known: Map<string, string>): string {
  const found = known.get(json)
  if (found !== undefined) return found
  const made = JSON.stringify(JSON.parse(json))
  known.set(json, made)
  return made
}
