/** What is old goes, what may still be asked for stays. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type Database, openDatabase } from '../src/infrastructure/postgres/database.ts'
import { startHousekeeping } from '../src/infrastructure/postgres/housekeeping.ts'
import { type FreshDatabase, freshDatabase } from './support/database.ts'

setDefaultTimeout(60_000)

let fresh: FreshDatabase
let database: Database
beforeAll(async () => {
  fresh = await freshDatabase()
  database = await openDatabase(fresh.url, () => {}, 2)
})
afterAll(async () => {
  await database.close()
  await fresh.drop()
})
const run = (text: string) => database.prepared(text, [])

test('old sessions, tickets, answers and mutes are taken away, however many there are', async () => {
  await run(
    `insert into users (id, username, username_key, display_name, created_at) values ('00000000-0000-7000-8000-000000000001', 'mei', 'mei', 'mei', now())`,
  )
  const session = (name: string, ended: string, rotated: string, times = 1) =>
    run(`insert into sessions (id, user_id, created_at, last_used_at, rotated_at, user_agent, ended_at)
      select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', now(), now(), now() - interval '${rotated}', '${name}', ${ended} from generate_series(1, ${times})`)
  await session('open', 'null', '89 days')
  await session('asleep', 'null', '121 days')
  await session('ended', `now() - interval '29 days'`, '100 days')
  await session('long ended', `now() - interval '31 days'`, '31 days', 2_500)
  await run(`insert into tickets select sha256('old'), id, now() - interval '1 minute' from sessions where user_agent = 'open'`)
  await run(`insert into tickets select sha256('new'), id, now() + interval '1 hour' from sessions where user_agent = 'open'`)
  await run(`insert into idempotency select gen_random_uuid(), 'old', 'x', null, now() - interval '8 days' from generate_series(1, 1000)`)
  await run(`insert into idempotency select gen_random_uuid(), 'new', 'x', null, now() - interval '6 days'`)
  const rooms = (rule: string) =>
    run(`with s as (insert into streams (id) select gen_random_uuid() from generate_series(1, 3) returning id),
      r as (insert into rooms (id, kind, name, owner_id, is_private, max_members, created_at, updated_at)
        select id, 'group', 'tea', '00000000-0000-7000-8000-000000000001', true, 10, now(), now() from s returning id)
      insert into restraints (room_id, user_id, ends_at) select id, '00000000-0000-7000-8000-000000000001', ${rule} from r`)
  await rooms(`now() - interval '1 second'`)
  await rooms(`now() + interval '1 hour'`)

  const keeping = startHousekeeping({ database, clock: { now: () => new Date() }, onError: () => {} })
  await keeping.sweep()
  await keeping.stop()

  expect(await run('select user_agent from sessions order by 1')).toEqual([['ended'], ['open']])
  expect(await run('select expires_at > now() from tickets')).toEqual([[true]])
  expect(await run('select ends_at > now() from restraints')).toEqual([[true], [true], [true]])
  expect(await run('select key from idempotency')).toEqual([['new']])
})
