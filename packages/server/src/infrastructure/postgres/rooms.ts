/** Rooms in PostgreSQL. */
import { ChatError, FIXED_LIMITS } from '@teahouse/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { RoomChanges, RoomStore } from '../../application/ports/rooms.ts'
import { nameKey } from '../../domain/name.ts'
import type { Door } from '../../domain/membership.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { type Sql, violatedUnique } from './database.ts'
import { given } from './given.ts'
import { containing } from './patterns.ts'
import {
  joinedRoomOf,
  lastMessageJoin,
  membershipColumns,
  type MembershipRow,
  roomColumns,
  roomJoin,
  roomOf,
  type RoomRow,
  seenRoomOf,
  streamJoin,
} from './room-views.ts'
import { readBy } from './views.ts'

type JoinedRow = RoomRow & MembershipRow
type SeenRow = RoomRow & (MembershipRow | { p_role: null })

const VIEW = `
  select ${roomColumns('false', 'false')} from rooms r join streams t on t.id = r.id ${lastMessageJoin('true')} where r.id = $1`
const IS_MEMBER = 'p.user_id is not null'
const SEEN = `${roomColumns(IS_MEMBER, readBy('p.user_id'))}, ${membershipColumns}`
const SEEN_BY = `
  select ${SEEN} from rooms r join streams t on t.id = r.id left join members p on p.room_id = r.id and p.user_id = $2 ${lastMessageJoin(IS_MEMBER)}
  where r.id = $1 and r.deleted_at is null`
/** The literal limit tells the planner that there will never be many. */
const PAGE = `
  select ${SEEN} from (
    select p.* from members p ${roomJoin}
    where p.user_id = $1 and ($2::uuid is null or p.room_id < $2) order by p.room_id desc limit ${FIXED_LIMITS.page.max + 1}) p
  ${roomJoin} ${streamJoin} ${lastMessageJoin('true')} order by p.room_id desc limit ${given('$3::int')}`
const DIRECTORY = `
  select r.name_key, ${SEEN} from (
    select * from rooms r
    where r.kind = 'group' and not r.is_private and r.deleted_at is null and ($2::text is null or r.name_key like $2)
      and ($3::text is null or (r.name_key, r.id) > ($3, $4::uuid)) order by r.name_key, r.id limit ${FIXED_LIMITS.page.max + 1}) r
  join lateral (select * from streams t where t.id = r.id limit 1) t on true
  left join lateral (select * from members p where p.room_id = r.id and p.user_id = $1 limit 1) p on true ${lastMessageJoin(IS_MEMBER)}
  order by r.name_key, r.id limit ${given('$5::int')}`

export const roomStore = (db: Sql): RoomStore => ({
  door: (roomId, userId) =>
    db.row(sql<Door>`
      select r.id as room_id, r.kind, r.owner_id, r.is_private, r.password_hash, r.max_members, r.member_count, p.role, p.muted_until,
             case when b.user_id is not null then coalesce(iso(b.until), 'forever') end as banned_until
      from rooms r left join members p on p.room_id = r.id and p.user_id = ${userId} left join bans b on b.room_id = r.id and b.user_id = ${userId}
      where r.id = ${roomId} and r.deleted_at is null`),

  async insert(room, now) {
    await taken(
      db.rows(sql`
        insert into rooms (id, kind, name, name_key, description, owner_id, is_private, password_hash, max_members, direct_key, created_at, updated_at)
        values (${room.id}, ${room.kind}, ${room.name}, ${nameKey(room.name)}, ${room.description}, ${room.owner_id}, ${room.is_private},
                ${room.password_hash}, ${room.max_members}, ${room.direct_key}, ${now}, ${now})`),
    )
  },
  async update(roomId, changes, now) {
    await taken(db.rows(sql`update rooms set updated_at = ${now}${assignments(changes)} where id = ${roomId}`))
  },
  async markDeleted(roomId, now) {
    await db.rows(sql`update rooms set deleted_at = ${now}, updated_at = ${now}, member_count = 0, direct_key = null where id = ${roomId}`)
  },

  async view(roomId) {
    const [row] = await db.read<RoomRow>(VIEW, [roomId])
    if (!row) throw new ChatError('room_not_found')
    return roomOf(row)
  },
  async seenBy(roomId, userId) {
    const [row] = await db.read<SeenRow>(SEEN_BY, [roomId, userId])
    return row && seenRoomOf(row)
  },
  async pageOf(userId, { cursor, limit }) {
    const [after = null] = decodeCursor(cursor, ['id']) ?? []
    const rows = await db.read<JoinedRow>(PAGE, [userId, after, limit + 1])
    return pageOf(rows.map(joinedRoomOf), limit, (room) => [room.id])
  },
  async directory(userId, { cursor, limit, q }) {
    const [afterKey = null, afterId = null] = decodeCursor(cursor, ['text', 'id']) ?? []
    const like = q === undefined ? null : containing(nameKey(q))
    const rows = await db.read<SeenRow & { name_key: string }>(DIRECTORY, [userId, like, afterKey, afterId, limit + 1])
    const page = pageOf(rows, limit, (row) => [row.name_key, row.r_id])
    return { items: page.items.map(seenRoomOf), next_cursor: page.next_cursor }
  },
  async directRoom(key) {
    return (await db.row(sql<{ id: string }>`select id from rooms where direct_key = ${key}`))?.id
  },
  async ownedBy(userId) {
    const rows = await db.rows(sql<{ id: string }>`select id from rooms where owner_id = ${userId} and deleted_at is null order by id`)
    return rows.map(({ id }) => id)
  },
})

/** Only the fields that are there. */
function assignments(changes: RoomChanges): RawBuilder<unknown> {
  const { name, ...others } = changes
  const values = { ...others, name, name_key: name === undefined ? undefined : nameKey(name) }
  return sql.join(
    Object.entries(values).flatMap(([column, value]) => (value === undefined ? [] : [sql`, ${sql.ref(column)} = ${value}`])),
    sql``,
  )
}

async function taken(change: Promise<unknown>): Promise<void> {
  try {
    await change
  } catch (error) {
    if (violatedUnique(error) === 'rooms_public_name') throw new ChatError('room_name_taken')
    throw error
  }
}
