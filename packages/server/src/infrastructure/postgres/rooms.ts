/** Rooms in PostgreSQL. */
import { ChatError, type JoinedRoom, type Membership, type Room, type SeenRoom, type User } from '@teahouse/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { RoomChanges, RoomStore } from '../../application/ports/rooms.ts'
import { nameKey } from '../../domain/name.ts'
import type { Door } from '../../domain/membership.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { type Sql, violatedUnique } from './database.ts'
import { startingWith } from './patterns.ts'
import { membershipJson, peopleJson, roomJoins, roomJson } from './views.ts'

type JoinedRow = { room: Room; membership: Membership; members: User[] | null }
type SeenRow = { room: Room; membership: Membership | null; members: User[] | null }

const withMembers = (members: User[] | null) => (members ? { members } : {})
const joined = ({ room, membership, members }: JoinedRow): JoinedRoom => ({ ...room, ...withMembers(members), membership })
const seen = ({ room, membership, members }: SeenRow): SeenRoom => ({
  ...room,
  ...withMembers(members),
  ...(membership ? { membership } : {}),
})

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
    const found = await db.row(sql<{ room: Room }>`
      select ${roomJson} as room from rooms r join streams t on t.id = r.id ${roomJoins(sql`true`, sql`null`)} where r.id = ${roomId}`)
    if (!found) throw new ChatError('room_not_found')
    return found.room
  },
  async seenBy(roomId, userId) {
    const found = await db.row(sql<SeenRow>`
      select ${roomJson} as room, case when p.user_id is not null then ${membershipJson} end as membership,
             case when p.user_id is not null then ${peopleJson} end as members
      from rooms r join streams t on t.id = r.id left join members p on p.room_id = r.id and p.user_id = ${userId}
      ${roomJoins(sql`p.user_id is not null`, sql`p.user_id`)}
      where r.id = ${roomId} and r.deleted_at is null`)
    return found && seen(found)
  },
  async pageOf(userId, { cursor, limit }) {
    const [after = null] = decodeCursor(cursor, ['id']) ?? []
    const rows = await db.rows(sql<JoinedRow>`
      select ${roomJson} as room, ${membershipJson} as membership, ${peopleJson} as members
      from members p join rooms r on r.id = p.room_id join streams t on t.id = r.id ${roomJoins(sql`true`, sql`p.user_id`)}
      where p.user_id = ${userId} and r.deleted_at is null and (${after}::uuid is null or p.room_id < ${after}::uuid)
      order by p.room_id desc limit ${limit + 1}`)
    return pageOf(rows.map(joined), limit, (room) => [room.id])
  },
  async directory(userId, { cursor, limit, q }) {
    const [afterKey = null, afterId = null] = decodeCursor(cursor, ['text', 'id']) ?? []
    const rows = await db.rows(sql<SeenRow & { name_key: string }>`
      select r.name_key, ${roomJson} as room, case when p.user_id is not null then ${membershipJson} end as membership, null as members
      from rooms r join streams t on t.id = r.id left join members p on p.room_id = r.id and p.user_id = ${userId}
      ${roomJoins(sql`p.user_id is not null`, sql`p.user_id`)}
      where r.kind = 'group' and not r.is_private and r.deleted_at is null
        and (${q ?? null}::text is null or r.name_key like ${containing(q ?? '')})
        and (${afterKey}::text is null or (r.name_key, r.id) > (${afterKey}, ${afterId}::uuid))
      order by r.name_key, r.id limit ${limit + 1}`)
    const page = pageOf(rows, limit, (row) => [row.name_key, row.room.id])
    return { items: page.items.map(seen), next_cursor: page.next_cursor }
  },
  async directRoom(key) {
    return (await db.row(sql<{ id: string }>`select id from rooms where direct_key = ${key}`))?.id
  },
  async ownedBy(userId) {
    const rows = await db.rows(sql<{ id: string }>`select id from rooms where owner_id = ${userId} and deleted_at is null order by id`)
    return rows.map(({ id }) => id)
  },
})

const containing = (q: string) => `%${startingWith(nameKey(q))}`

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
