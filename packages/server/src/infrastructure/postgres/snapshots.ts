/**
 * The state from which clients follow the log. A crowd that comes back asks together and sits in the same rooms: a room travels from the
 * database once, and becomes text once, however many are in it.
 */
import type { JoinedRoom, Me, Message } from '@teahouse/protocol'
import type { Snapshot } from '../../application/ports/live.ts'
import type { Sql } from './database.ts'
import { given } from './given.ts'
import {
  lastMessageJoin,
  membershipColumns,
  membershipOf,
  type MembershipRow,
  roomColumns,
  roomJoin,
  roomOf,
  type RoomRow,
  streamJoin,
} from './room-views.ts'

/** Which of those who ask reacted: `me` is decided for each of them. */
const REACTED = `coalesce(json_agg(x.user_id) filter (where x.user_id = any($1::uuid[])), '[]')`

/** A row for each membership, at least one for each user; `first`: the one that brings the room. */
const SNAPSHOTS = `
  select p.user_id, p.me, p.user_seq, (select epoch from history) as epoch, p.room_id, t.last_seq, p.first, ${membershipColumns}, room.*
  from (
    select u.id as user_id, u.me, u.user_seq, p.room_id, p.role, p.joined_at, p.last_read_seq, p.muted_until,
           row_number() over (partition by p.room_id) = 1 and p.room_id is not null as first
    from (select u.id, me_view(u)::text as me, own.last_seq as user_seq from unnest(${given('$1::uuid[]')}) as w(id)
          join lateral (select * from users u where u.id = w.id limit 1) u on u.status = 'active'
          join lateral (select * from streams t where t.id = w.id limit 1) own on true offset 0) u
    left join lateral (select p.* from members p ${roomJoin} where p.user_id = u.id offset 0) p on true) p
  left ${streamJoin}
  left join lateral (select ${roomColumns('true', REACTED)} from rooms r ${lastMessageJoin('true')} where p.first and r.id = p.room_id limit 1) room on true
  order by p.room_id`

type Whose = { user_id: string; me: string; user_seq: number; epoch: string }
type Row = Whose &
  ((MembershipRow & { room_id: string; last_seq: number } & (({ first: true } & RoomRow) | { first: false })) | { room_id: null })

export const readSnapshots = async (db: Sql, userIds: readonly string[]): Promise<Map<string, Snapshot>> => {
  const rows = await db.read<Row>(SNAPSHOTS, [userIds])
  const texts = new Map<string, TextFor>()
  for (const row of rows) if (row.room_id !== null && row.first) texts.set(row.room_id, textOf(row))
  const found = new Map<string, { whose: Whose; heads: Map<string, number>; rooms: string[] }>()
  for (const row of rows) {
    let one = found.get(row.user_id)
    if (!one) found.set(row.user_id, (one = { whose: row, heads: new Map(), rooms: [] }))
    const text = row.room_id === null ? undefined : texts.get(row.room_id)
    if (row.room_id === null || !text) continue
    one.heads.set(row.room_id, row.last_seq)
    one.rooms.push(`${text(row.user_id)},"membership":${JSON.stringify(membershipOf(row))}}`)
  }
  const epoch = rows[0]?.epoch ?? '' // one text for all: each of their sockets keeps it
  return new Map([...found].map(([userId, { whose, heads, rooms }]) => [userId, snapshotOf(whose, epoch, heads, rooms)]))
}

const snapshotOf = ({ me, user_seq }: Whose, epoch: string, heads: Snapshot['heads'], rooms: string[]): Snapshot => ({
  me: JSON.parse(me) as Me,
  user_seq,
  epoch,
  heads,
  roomsJson: `[${rooms.join(',')}]`,
})

/** The JSON of a room for one of its members, still open for the membership. */
type TextFor = (userId: string) => string

function textOf(row: RoomRow): TextFor {
  const room = roomOf(row)
  const last = room.last_message
  if (!last || last.reactions.length === 0) {
    const text = open(room)
    return () => text
  }
  const reactions = last.reactions as unknown as (Omit<Message['reactions'][number], 'me'> & { me: string[] })[]
  return (userId) =>
    open({ ...room, last_message: { ...last, reactions: reactions.map((one) => ({ ...one, me: one.me.includes(userId) })) } })
}

const open = (room: Omit<JoinedRoom, 'membership'>): string => JSON.stringify(room).slice(0, -1)
