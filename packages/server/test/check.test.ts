/** The check of the promises: silent about what a server wrote, and not silent about anything else. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { check } from '../src/application/check.ts'
import type { Finding } from '../src/application/ports/evidence.ts'
import { findingLines, verdict } from '../src/cli-findings.ts'
import { openDatabase } from '../src/infrastructure/postgres/database.ts'
import { createEvidence } from '../src/infrastructure/postgres/evidence.ts'
import { databaseAt, testServer } from './support/database.ts'
import { erased } from './support/erased.ts'
import { type House, openHouse } from './support/rest.ts'
import { until } from './support/until.ts'

setDefaultTimeout(60_000)

let house: House
let server: Client
beforeAll(async () => {
  house = await openHouse()
  await live(house)
  await erased(house.databaseUrl) // first, for leaving rooms makes events
  await relayed(house.databaseUrl)
  await house.stop()
  server = new Client(await testServer())
  await server.connect()
})
afterAll(async () => {
  await server.end()
  await house.close()
})

/** A server that stops leaves for the next one what the relay has not taken yet; here that would be counted. */
async function relayed(url: string): Promise<void> {
  const database = await openDatabase(url, () => {}, 1)
  await until(async () => (await database.prepared('select 1 from outbox limit 1', [])).length === 0)
  await database.close()
}

/** One of everything that the tables can hold. */
async function live({ call, newcomer }: House): Promise<void> {
  const [mei, lei, kim, noa] = [await newcomer('mei'), await newcomer('lei'), await newcomer('kim'), await newcomer('noa')]
  const as = ({ access_token: token }: { access_token: string }) => ({ token })
  const room_id = (await call('create_room', { name: 'tea' }, as(mei))).body.id
  for (const guest of [lei, kim]) await call('join_room', { room_id }, as(guest))
  const say = async (who: typeof mei, content: string, reply_to_message_id?: string) =>
    (await call('send_message', { room_id, content, client_id: crypto.randomUUID(), reply_to_message_id }, as(who))).body.id
  const first = await say(mei, 'hello @lei')
  await say(lei, 'hello @mei', first)
  const edited = await say(mei, 'one')
  await call('edit_message', { message_id: edited, content: 'two @lei' }, as(mei))
  for (let i = 0; i < 32; i++) await say(mei, `cup ${i}`)
  const gone = await say(mei, 'secret')
  await call('edit_message', { message_id: gone, content: 'more secret' }, as(mei))
  await call('add_reaction', { message_id: first, emoji: '🍵' }, as(lei))
  await call('recall_message', { message_id: gone }, as(mei))
  await call('pin_message', { message_id: first }, as(mei))
  await call('update_member', { room_id, user_id: kim.user.id, muted_until: '2099-01-01T00:00:00Z' }, as(mei))
  await call('kick_member', { room_id, user_id: kim.user.id }, as(mei))
  await call('join_room', { room_id }, as(noa))
  await call('update_member', { room_id, user_id: noa.user.id, muted_until: '2099-01-01T00:00:00Z' }, as(mei))
  await call('leave_room', { room_id }, as(noa))
  await call('open_direct_room', { user_ids: [lei.user.id] }, as(mei))
  await call('delete_me', { password: 'oolong on tuesday' }, as(kim))
}

async function findings(url: string): Promise<Finding[]> {
  const database = await openDatabase(url, () => {}, 2)
  const found: Finding[] = []
  try {
    await check({ evidence: createEvidence(database), pause: async () => {} }, (finding) => found.push(finding))
  } finally {
    await database.close()
  }
  return found
}

/** A copy of what the server wrote, damaged by `sql`. */
async function broken(sql: string): Promise<Finding[]> {
  const name = `teahouse_test_${randomBytes(6).toString('hex')}`
  await server.query(`create database ${name} template ${new URL(house.databaseUrl).pathname.slice(1)}`)
  const url = databaseAt(await testServer(), name)
  const client = new Client(url)
  try {
    await client.connect()
    await client.query(sql)
    await client.end()
    return (await findings(url)).filter(({ drift }) => drift > 0)
  } finally {
    await server.query(`drop database ${name} with (force)`)
  }
}

test('what a server wrote keeps every promise, and every promise was said of something', async () => {
  const found = await findings(house.databaseUrl)
  expect(found.flatMap((finding) => (finding.drift > 0 ? findingLines(finding) : []))).toEqual([])
  expect(found.filter(({ of }) => of === 0).map(({ promise }) => promise.replace(/what waits for the relay.*/, 'outbox'))).toEqual([
    'outbox',
    'outbox',
  ])
})

const ANY = 'gen_random_uuid()'
test.each([
  ['seq counts 1, 2, 3', `delete from events where seq = 2`],
  ['every stream ends', `update streams set last_seq = last_seq + 1 where id = (select id from users where username = 'lei')`],
  ['every stream is of', `insert into streams (id) values (${ANY})`],
  ['seq counts 1, 2, 3', `delete from messages where content like 'hello @mei'`],
  [
    'every seq has one event',
    `insert into events (stream, seq, event_id, type, occurred_at, payload) select room_id, seq, ${ANY}, 'room_updated', now(), '{}' from messages limit 1`,
  ],
  ['what other events say of messages', `update events set message_id = ${ANY} where type = 'reaction_added'`],
  ['every message is of a user', `update messages set reply_to = ${ANY} where reply_to is not null`],
  ['deleted and recalled', `update messages set content = 'secret' where state = 'recalled'`],
  ['deleted and recalled', `update messages set kept = '{"content": "secret", "mentions": []}' where state = 'recalled'`],
  [
    'deleted and recalled',
    `update events set payload = '{"message": {"content": "more secret"}}' where type = 'message_edited' and message_id in (select id from messages where state = 'recalled')`,
  ],
  ['rooms count their members', `update rooms set member_count = 3 where name = 'tea'`],
  ['no room holds more', `update rooms set max_members = 1 where name = 'tea'`],
  ['every group has one owner', `update members set role = 'admin' where role = 'owner'`],
  ['every group has one owner', `update rooms set owner_id = (select id from users where username = 'lei') where name = 'tea'`],
  [
    'members are people',
    `insert into bans (room_id, user_id, created_at) select room_id, user_id, now() from members where role = 'owner'`,
  ],
  ['who is held back while away', `update rooms set deleted_at = now()`],
  [
    'who is held back while away',
    `insert into restraints (room_id, user_id, ends_at) select room_id, user_id, now() from members where role = 'owner'`,
  ],
  [
    'members are those',
    `delete from members m using users u where m.user_id = u.id and u.username = 'lei'; update rooms set member_count = 1`,
  ],
  ['no read marker', `update members set last_read_seq = 1000`],
  ['mentions are those', `delete from mentions`],
  ['reactions are of users', `insert into reactions values (${ANY}, 'x', ${ANY}, now())`],
  ['nobody who is suspended', `update users set status = 'suspended' where username = 'lei'`],
  ['of deleted accounts', `update users set status_text = 'here' where deleted_at is not null`],
  ['of deleted accounts', `update sessions set address = '127.0.0.1' where user_id = (select id from users where deleted_at is not null)`],
  [
    'of deleted accounts',
    `update events e set payload = without_name(e.payload::jsonb, u.id, '{"username": "kim"}')::json from users u
     where u.deleted_at is not null and names_in(e.payload) @> array[u.id]`,
  ],
  ['of deleted accounts', `insert into erasures select id, now() from users where username = 'lei'`],
  ['the search index has whole passages', `update passages set nth = nth + 1`],
  ['what waits for the relay is in the log', `insert into outbox (streams, seqs) values (array[${ANY}], array[1])`],
  ['unread messages and mentions', `delete from mentions`],
])('it finds where it is not so that %s …: %s', async (promise, sql) => {
  const found = await broken(sql)
  expect(found.map((finding) => finding.promise).join(' | ')).toContain(promise)
  expect(found.every(({ examples }) => examples.length > 0)).toBeTrue()
})

test('it finds that nothing moves while a server is there to move it', async () => {
  const database = await openDatabase(house.databaseUrl, () => {}, 1)
  const other = new Client({ connectionString: house.databaseUrl, application_name: 'teahouse 1' })
  await database.prepared('insert into outbox (streams, seqs) select array[stream], array[seq] from events limit 3', [])
  const last = async () => (await findings(house.databaseUrl)).at(-1)
  expect(await last()).toMatchObject({ of: 3, drift: 0 })
  await other.connect()
  expect(await last()).toMatchObject({ of: 3, drift: 1, examples: ['3 events wait, and none of them left in 15 s'] })
  await other.end()
  await database.prepared('delete from outbox', [])
  await database.close()
})

test('a table says what holds and what does not', () => {
  expect(findingLines({ promise: 'tea is hot', of: 12_345, drift: 0, examples: [] })).toEqual([
    expect.stringMatching(/^tea is hot +12,345 {2}holds$/),
  ])
  expect(findingLines({ promise: 'tea is hot', of: 3, drift: 2, examples: ['cup 1'] })).toEqual([
    expect.stringMatching(/^tea is hot +3 {2}2 BROKEN$/),
    '    cup 1',
    '    … and 1 more',
  ])
  expect([verdict(19, 0), verdict(19, 2)]).toEqual(['All 19 promises hold.', '2 of 19 promises are broken.'])
})
