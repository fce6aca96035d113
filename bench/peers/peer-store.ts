/** What both peers on Node keep in PostgreSQL: one row a message, numbered by the table and not by the room. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'

export type Member = { readonly userId: string; readonly rooms: ReadonlySet<string> }
export type Send = { room_id: string; client_id: string; content: string }

/** The peers believe what a token says. */
export function memberOf(token: string): Member {
  const [userId = '', rooms = ''] = token.split('|')
  return { userId, rooms: new Set(rooms.split(',')) }
}

export async function createTables(pool: pg.Pool): Promise<void> {
  await pool.query(`create table messages (
    seq bigint generated always as identity primary key, id uuid not null, room_id uuid not null, sender_id uuid not null,
    client_id uuid not null, content text not null, created_at timestamptz not null)`)
  await pool.query('create index on messages (room_id, seq)')
}

type Row = { seq: string; id: string; room_id: string; sender_id: string; client_id: string; content: string; created_at: Date }

export async function addMessage(pool: pg.Pool, me: Member, send: Send) {
  const id = randomUUID()
  const at = new Date()
  const { rows } = await pool.query<{ seq: string }>({
    name: 'add',
    text: 'insert into messages (id, room_id, sender_id, client_id, content, created_at) values ($1, $2, $3, $4, $5, $6) returning seq',
    values: [id, send.room_id, me.userId, send.client_id, send.content, at],
  })
  return eventOf({ ...send, seq: rows[0]?.seq ?? '', id, sender_id: me.userId, created_at: at })
}

/** The messages after the given seq of each room. */
export async function missed(pool: pg.Pool, rooms: Readonly<Record<string, number>>) {
  const { rows } = await pool.query<Row>({
    name: 'missed',
    text: 'select m.* from unnest($1::uuid[], $2::bigint[]) r(room, seq) join messages m on m.room_id = r.room and m.seq > r.seq order by m.seq',
    values: [Object.keys(rooms), Object.values(rooms)],
  })
  return rows.map(eventOf)
}

/** As large as what Teahouse sends. */
function eventOf(row: Row) {
  const seq = Number(row.seq)
  const created_at = row.created_at.toISOString()
  const username = `user_${row.sender_id.slice(0, 8)}`
  const { id, room_id, sender_id, content, client_id } = row
  const sender = { id: sender_id, username, display_name: username, avatar_url: null, status_text: null, is_bot: false, created_at }
  const rest = { message_type: 'text', attachments: [], reply_to: null, mentions: [], reactions: [], pinned: false, created_at }
  const message = { id, room_id, seq, sender, content, ...rest, edited_at: null, state: 'sent', client_id, on_behalf_of: null }
  return { room_id, seq, event_id: id, occurred_at: created_at, actor_id: sender_id, message }
}
