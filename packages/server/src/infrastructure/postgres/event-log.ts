/** The log, read: where streams end, what happened after a seq, and the state from which a client follows it. */
import type { RoomEventType, User, UserEventType } from '@teahouse/protocol'
import { sql } from 'kysely'
import type { EventLog } from '../../application/ports/live.ts'
import { type PublishedEvent, removedUser, roomPayload, userPayload, withoutBraces } from '../../domain/event.ts'
import { jsonOfUser, sentMessageJson } from '../../domain/message.ts'
import type { Sql } from './database.ts'
import { given } from './given.ts'
import { readSnapshots } from './snapshots.ts'
import { replyTo } from './views.ts'

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
}

const USER_EVENT = new Set<string>([
  'room_added',
  'room_removed',
  'read_marker_moved',
  'notification',
  'user_updated',
] satisfies UserEventType[])

/** One range's rows at a time (`offset 0`): the planner must not think of joining whole tables. A message is its own event. */
const EVENTS = `
  select e.* from unnest(${given('$1::uuid[]')}, ${given('$2::bigint[]')}, ${given('$3::bigint[]')}) as w(stream, after, up_to) cross join lateral (
    (select e.stream, e.seq, e.event_id, e.type, e.actor_id, e.occurred_at as at, e.payload::text as payload,
            null as content, null as message_type, null as attachments, null::json as reply, null::uuid[] as mentions, null as state, null::uuid as client_id
     from events e where e.stream = w.stream and e.seq > w.after and e.seq <= w.up_to offset 0)
    union all
    (select m.room_id, m.seq, m.id, 'message_sent', m.sender_id, m.created_at, m.kept::text,
            m.content, m.message_type, m.attachments::text, ${replyTo}, m.mentions, m.state, m.client_id
     from messages m where m.room_id = w.stream and m.seq > w.after and m.seq <= w.up_to offset 0)) e`
const HEADS = `
  select s.id, s.last_seq from unnest(${given('$1::uuid[]')}) as w(id) cross join lateral (select * from streams s where s.id = w.id limit 1) s`
const SENDERS = `
  select u.id, u.username, u.display_name, u.avatar_url, u.status_text, u.is_bot, u.created_at
  from unnest(${given('$1::uuid[]')}) as w(id) cross join lateral (select * from users u where u.id = w.id limit 1) u`

export const eventLog = (db: Sql): EventLog => ({
  snapshots: (userIds) => readSnapshots(db, userIds),
  async places(userId, roomIds) {
    const rows = await db.rows(sql<{ room_id: string; last_seq: number }>`
      select p.room_id, s.last_seq from members p join streams s on s.id = p.room_id join rooms r on r.id = p.room_id
      where p.user_id = ${userId} and p.room_id = any(${roomIds}::uuid[]) and r.deleted_at is null`)
    return new Map(rows.map((row) => [row.room_id, row.last_seq]))
  },
  async heads(streams) {
    const rows = await db.read<{ id: string; last_seq: number }>(HEADS, [streams])
    return new Map(rows.map((row) => [row.id, row.last_seq]))
  },
  async events(ranges) {
    const rows = await db.read<EventRow>(EVENTS, [ranges.map((r) => r.stream), ranges.map((r) => r.after), ranges.map((r) => r.upTo)])
    const senders = await sendersOf(db, rows)
    return rows.toSorted(byPlace).map((row) => eventOf(row, senders))
  },
  async endedSessions(sessionIds) {
    return db.rows(sql<{ session_id: string; suspended: boolean }>`
      select s.id as session_id, u.status = 'suspended' as suspended from sessions s join users u on u.id = s.user_id
      where s.id = any(${sessionIds}::uuid[]) and (s.ended_at is not null or u.status <> 'active')`)
  },
})

const byPlace = (a: EventRow, b: EventRow) => (a.stream === b.stream ? a.seq - b.seq : a.stream < b.stream ? -1 : 1)

/** The JSON of all who sent these messages, each read once. */
async function sendersOf(db: Sql, rows: readonly EventRow[]): Promise<Map<string, string>> {
  const ids = new Set(rows.flatMap(({ type, actor_id }) => (type === 'message_sent' && actor_id !== null ? [actor_id] : [])))
  if (ids.size === 0) return new Map()
  const users = await db.read<User>(SENDERS, [[...ids]])
  return new Map(users.map((user) => [user.id, jsonOfUser(user)]))
}

/** The same bytes that the socket said when it happened; only what was deleted since is empty. */
function eventOf(row: EventRow, senders: ReadonlyMap<string, string>): PublishedEvent {
  const { stream, seq, type } = row
  const head = { stream, seq, eventId: row.event_id, at: row.at }
  const written = row.payload ?? '{}'
  if (USER_EVENT.has(type))
    return { kind: 'user', stream, seq, type: type as UserEventType, payload: userPayload(head, withoutBraces(written)) }
  const body = type === 'message_sent' ? sentBody(row, senders) : withoutBraces(written)
  const removes = type === 'member_kicked' || type === 'user_left_room' ? removedUser(type, JSON.parse(written) as object) : undefined
  return { kind: 'room', stream, seq, type: type as RoomEventType, payload: roomPayload(head, row.actor_id, body), removes }
}

/** A message as it was sent, as the body of its event: from its row, or from what an edit kept of it. */
function sentBody(row: EventRow, senders: ReadonlyMap<string, string>): string {
  const kept = row.payload === null ? undefined : (JSON.parse(row.payload) as { content: string; mentions: string[] })
  const message = sentMessageJson({
    id: row.event_id,
    room_id: row.stream,
    seq: row.seq,
    sender: senders.get(row.actor_id ?? '') ?? 'null',
    content: kept?.content ?? row.content ?? '',
    message_type: row.message_type,
    attachments: row.attachments ?? '[]',
    reply_to: row.reply === null ? 'null' : JSON.stringify(row.reply),
    mentions: kept?.mentions ?? row.mentions ?? [],
    created_at: row.at,
    state: row.state,
    client_id: row.client_id,
  })
  return `"message":${message}`
}
