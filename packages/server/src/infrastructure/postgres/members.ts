/** Members in PostgreSQL, and what holds those back who left. The room is locked by whoever changes them, so that its count holds. */
import { ChatError, type Member, type Role, type User } from '@teahouse/protocol'
import { type RawBuilder, sql } from 'kysely'
import type { MemberStore } from '../../application/ports/rooms.ts'
import { nameKey } from '../../domain/name.ts'
import { decodeCursor, pageOf } from '../../domain/page.ts'
import { beginsUnspaced } from '../../domain/search-terms.ts'
import type { Sql } from './database.ts'
import { containing, startingWith, startingWordWith } from './patterns.ts'
import { membershipColumns, membershipOf, type MembershipRow } from './room-views.ts'

type Row = { user: User; role: Role; joined_at: string; muted_until: string | null }
const member = ({ user, role, joined_at, muted_until }: Row): Member => ({ user, role, joined_at, muted_until, online: false })

const MEMBERSHIP = `select ${membershipColumns} from members p join streams t on t.id = p.room_id where p.room_id = $1 and p.user_id = $2`

/** Of `users u`: whose username begins so, or of whose name a word does. */
function isCalled(q: string): RawBuilder<unknown> {
  const asked = q.trim()
  const key = nameKey(asked)
  const words = asked.normalize('NFKC')
  const name = sql`lower(normalize(u.display_name, nfkc))`
  return sql`u.deleted_at is null and (u.username_key like ${key && startingWith(key)}
    or ${beginsUnspaced(words) ? sql`${name} like lower(${containing(words)})` : sql`${name} ~ lower(${startingWordWith(words)})`})`
}

export const memberStore = (db: Sql): MemberStore => {
  const count = (roomId: string, change: number) =>
    db.rows(sql`update rooms set member_count = member_count + ${change} where id = ${roomId}`)
  return {
    async add(roomId, userId, role, seq, now) {
      // whoever was deleted at this moment leaves the rooms that he is in, and may not enter one more
      const added = await db.row(sql<{ muted_until: string | null }>`
        with over as (delete from restraints where room_id = ${roomId} and user_id = ${userId})
        insert into members (room_id, user_id, role, joined_at, last_read_seq, muted_until, last_sent_at)
        select ${roomId}, u.id, ${role}, ${now}, ${seq}, case when s.muted_until > ${now} then s.muted_until end, s.last_sent_at
        from users u left join restraints s on s.room_id = ${roomId} and s.user_id = u.id
        where u.id = ${userId} and u.deleted_at is null for key share of u returning muted_until`)
      if (!added) throw new ChatError('user_not_found')
      await count(roomId, 1)
      return added
    },
    async remove(roomId, userId, now) {
      const gone = await db.rows(sql`
        with gone as (delete from members where room_id = ${roomId} and user_id = ${userId} returning *),
        held as (
          select g.*, greatest(g.muted_until, g.last_sent_at + make_interval(secs => r.slow_mode_s)) as ends_at from gone g join rooms r on r.id = g.room_id),
        kept as (
          insert into restraints (room_id, user_id, muted_until, last_sent_at, ends_at)
          select h.room_id, h.user_id, h.muted_until, h.last_sent_at, h.ends_at from held h join users u on u.id = h.user_id
          where h.ends_at > ${now} and u.deleted_at is null for key share of u)
        select 1 from gone`)
      if (gone.length > 0) await count(roomId, -1)
      return gone.length > 0
    },
    async removeAll(roomId) {
      await db.rows(sql`delete from restraints where room_id = ${roomId}`)
      const gone = await db.rows(sql<{ user_id: string }>`delete from members where room_id = ${roomId} returning user_id`)
      return gone.map(({ user_id }) => user_id)
    },
    async setRole(roomId, userId, role) {
      await db.rows(sql`update members set role = ${role} where room_id = ${roomId} and user_id = ${userId}`)
    },
    async setMuted(roomId, userId, until) {
      await db.rows(sql`update members set muted_until = ${until} where room_id = ${roomId} and user_id = ${userId}`)
    },
    async markRead(roomId, userId, seq) {
      const moved = await db.rows(sql`
        update members p set last_read_seq = least(${seq}::bigint, t.last_seq) from streams t
        where t.id = p.room_id and p.room_id = ${roomId} and p.user_id = ${userId} and p.last_read_seq < least(${seq}::bigint, t.last_seq) returning 1`)
      if (moved.length > 0) return { moved: true }
      const [is] = await db.rows(sql`select 1 from members where room_id = ${roomId} and user_id = ${userId}`)
      return is ? { moved: false } : undefined
    },
    async membership(roomId, userId) {
      const [row] = await db.read<MembershipRow>(MEMBERSHIP, [roomId, userId])
      return row && membershipOf(row)
    },
    async one(roomId, userId) {
      const row = await db.row(sql<Row>`
        select user_view(u) as user, p.role, p.joined_at, p.muted_until from members p join users u on u.id = p.user_id
        where p.room_id = ${roomId} and p.user_id = ${userId} and u.deleted_at is null`)
      return row && member(row)
    },
    async page(roomId, { cursor, limit, q }) {
      const [at = null, id = null] = decodeCursor(cursor, ['time', 'id']) ?? []
      // "offset 0": from the members of the room to their names, never from all who are called so to the room
      const [people, called] =
        q === undefined
          ? [sql`join users u on u.id = p.user_id`, sql`true`]
          : [sql`cross join lateral (select * from users where id = p.user_id offset 0) u`, isCalled(q)]
      const rows = await db.rows(sql<Row>`
        select user_view(u) as user, p.role, p.joined_at, p.muted_until from members p ${people}
        where p.room_id = ${roomId} and (${at}::timestamptz is null or (p.joined_at, p.user_id) > (${at}::timestamptz, ${id}::uuid)) and ${called}
        order by p.joined_at, p.user_id limit ${limit + 1}`)
      return pageOf(rows.map(member), limit, (m) => [m.joined_at, m.user.id])
    },
    async ids(roomId) {
      const rows = await db.rows(sql<{ user_id: string }>`select user_id from members where room_id = ${roomId}`)
      return rows.map(({ user_id }) => user_id)
    },
    async heirOf(roomId, userId) {
      const row = await db.row(sql<{ user_id: string }>`
        select p.user_id from members p join users u on u.id = p.user_id and u.deleted_at is null
        where p.room_id = ${roomId} and p.user_id <> ${userId} order by (u.status = 'active') desc, (p.role = 'admin') desc, p.joined_at, p.user_id limit 1`)
      return row?.user_id
    },
    async roomsOf(userId) {
      const rows = await db.rows(sql<{ room_id: string }>`
        select p.room_id from members p join rooms r on r.id = p.room_id where p.user_id = ${userId} and r.deleted_at is null order by p.room_id`)
      return rows.map(({ room_id }) => room_id)
    },
  }
}
