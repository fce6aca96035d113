/** People, sessions, rooms and members written straight into the tables: thousands of slow password hashes would take longer than the measurement. */
import pg from 'pg'
import { createTokens } from '../../packages/server/src/infrastructure/security/tokens.ts'
import { insertGuests, insertStreams } from '../../scripts/servers/people.ts'
import type { Person } from '../load/crowd.ts'
import { type Plan, roomsByPerson } from './target.ts'

/** Answers tokens as the server itself would sign them. */
export async function seed(databaseUrl: string, secret: string, plan: Plan): Promise<Person[]> {
  const userIds = Array.from({ length: plan.people }, () => Bun.randomUUIDv7())
  const sessionIds = userIds.map(() => Bun.randomUUIDv7())
  const roomIds = plan.rooms.map(() => Bun.randomUUIDv7())
  const owners = plan.rooms.map(([owner = 0]) => userIds[owner])
  const places = plan.rooms.flatMap((members, room) => members.map((person, nth) => ({ room: roomIds[room], user: userIds[person], nth })))
  const db = new pg.Client(databaseUrl)
  await db.connect()
  try {
    await db.query('begin')
    await insertGuests(db, userIds)
    await insertStreams(db, roomIds)
    await db.query(
      `insert into sessions (id, user_id, created_at, last_used_at, rotated_at)
       select s, u, now(), now(), now() from unnest($1::uuid[], $2::uuid[]) as x(s, u)`,
      [sessionIds, userIds],
    )
    await db.query(
      `insert into rooms (id, kind, name, name_key, owner_id, is_private, max_members, member_count, created_at, updated_at)
       select id, 'group', 'Table ' || n, 'table ' || n, owner, false, 10000, members, now(), now()
       from unnest($1::uuid[], $2::uuid[], $3::int[]) with ordinality as r(id, owner, members, n)`,
      [roomIds, owners, plan.rooms.map((members) => members.length)],
    )
    await db.query(
      `insert into members (room_id, user_id, role, joined_at)
       select r, u, case when nth = 0 then 'owner' else 'member' end, now() from unnest($1::uuid[], $2::uuid[], $3::int[]) as x(r, u, nth)`,
      [places.map(({ room }) => room), places.map(({ user }) => user), places.map(({ nth }) => nth)],
    )
    await db.query('commit')
    await db.query('analyze users, sessions, streams, rooms, members')
  } finally {
    await db.end()
  }
  const tokens = await createTokens(secret)
  const rooms = roomsByPerson(plan, roomIds)
  const now = new Date()
  return Promise.all(
    userIds.map(async (userId, index) => ({ token: await tokens.access(userId, sessionIds[index] ?? '', now), rooms: rooms[index] ?? [] })),
  )
}
