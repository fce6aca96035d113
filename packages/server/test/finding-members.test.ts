/** Members found by name, in the order and the pages of all others. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JoinedRoom } from '@teahouse/protocol'
import { query } from './support/database.ts'
import { type Guest, openTeahouse } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())

/** In the order in which they come into the room. */
const NAMES = {
  tom_1: 'Anna-Marie Ōta',
  tom_2: '茶馆老板',
  tom_3: '100% (tea)',
  'tom-4': 'ÉMILE Ωmega',
  tomx5: 'Ｗｉｄｅ　茶',
  bodhi: 'tom_thumb \\o/',
} as const
let room: JoinedRoom
let ann: Guest

beforeAll(async () => {
  ann = await house.guest('zz-ann')
  room = await house.room(ann)
  for (const [username, display_name] of Object.entries(NAMES)) {
    const guest = await house.guest(username)
    await guest.call('update_me', { display_name })
    await guest.call('join_room', { room_id: room.id })
  }
  const elsewhere = await house.guest('tom-elsewhere')
  await house.room(elsewhere)
})

const found = async (q: string) => (await ann.call('list_members', { room_id: room.id, q })).items.map(({ user }) => user.username)

describe('a member is found', () => {
  test.each([
    ['tom', ['tom_1', 'tom_2', 'tom_3', 'tom-4', 'tomx5', 'bodhi']],
    ['BODHI', ['bodhi']],
    ['odhi', []],
  ])('by the beginning of the username: %s', async (q, whom) => {
    expect(await found(q)).toEqual(whom)
  })
  test.each([
    ['anna', ['tom_1']],
    [' MARIE ', ['tom_1']],
    ['o\u0304ta', ['tom_1']],
    ['anna-marie ō', ['tom_1']],
    ['tea', ['tom_3']],
    ['émi', ['tom-4']],
    ['ωMEGA', ['tom-4']],
    ['wide', ['tomx5']],
    ['ｗｉｄ', ['tomx5']],
    ['nna', []],
    ['arie', []],
  ])('by the beginning of a word of the name, however it is written: %s', async (q, whom) => {
    expect(await found(q)).toEqual(whom)
  })
  test.each([
    ['老板', ['tom_2']],
    ['茶', ['tom_2', 'tomx5']],
    ['馆茶', []],
  ])('by any part of a name without spaces: %s', async (q, whom) => {
    expect(await found(q)).toEqual(whom)
  })
})

test.each([
  ['%', []],
  ['％', []],
  ['_', []],
  ['\\', ['bodhi']],
  ['tom_', ['tom_1', 'tom_2', 'tom_3', 'bodhi']],
  ['t%', []],
  ['100%', ['tom_3']],
  ['(tea)', ['tom_3']],
  ['.*', []],
  ['[a-z]', []],
  ['(', ['tom_3']],
  ['ann.', []],
  ['茶%', []],
  ['\u200d', []],
])('wildcards are letters: %s', async (q, whom) => {
  expect(await found(q)).toEqual(whom)
})

test('the pages are those of the whole list, without the others', async () => {
  const all = await ann.call('list_members', { room_id: room.id })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof ann.call<'list_members'>>> = await ann.call('list_members', {
      room_id: room.id,
      q: 'tom',
      limit: 2,
      ...(cursor ? { cursor } : {}),
    })
    expect(page.items.length).toBe(2)
    seen.push(...page.items.map(({ user }) => user.id))
    cursor = page.next_cursor
  } while (cursor)
  expect(seen).toEqual(all.items.map(({ user }) => user.id).filter((id) => id !== ann.id))
})

test('what is found is a member like in the list, with role and presence', async () => {
  const phone = await ann.connect()
  const { items } = await ann.call('list_members', { room_id: room.id, q: 'zz-a' })
  expect(items).toMatchObject([{ user: ann.user, role: 'owner', online: true, muted_until: null }])
  await phone.close()
})

test.each([{ q: '' }, { q: '  ' }, { q: 'x'.repeat(65) }, { q: 'a\0' }, { q: 'a', cursor: 'nonsense' }, { q: 'a', limit: 101 }])(
  '%j is refused',
  async (input) => {
    expect(await ann.refusal('list_members', { room_id: room.id, ...input })).toBe('validation_failed')
  },
)

test('only members find members', async () => {
  const eve = await house.guest()
  expect(await eve.refusal('list_members', { room_id: room.id, q: 'tom' })).toBe('not_a_member')
  const secret = await house.room(ann, [], { is_private: true })
  expect(await eve.refusal('list_members', { room_id: secret.id, q: 'zz' })).toBe('room_not_found')
})

test('nobody finds who was deleted, not even while his leaving is unfinished', async () => {
  const gone = await house.guest('leaving-1')
  await gone.call('join_room', { room_id: room.id })
  expect(await found('leaving')).toEqual(['leaving-1'])
  await query(house.databaseUrl, 'update users set deleted_at = now() where id = $1', [gone.id])
  expect(await found('leaving')).toEqual([])
  await query(house.databaseUrl, 'update users set deleted_at = null where id = $1', [gone.id])
})

test('who came within the same millisecond is in the pages once', async () => {
  const crowd = await house.room(ann, await house.guests(5))
  await query(house.databaseUrl, `update members set joined_at = (select max(joined_at) from members) where room_id = $1`, [crowd.id])
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: { user: { id: string } }[]; next_cursor: string | null } = await ann.call('list_members', {
      room_id: crowd.id,
      limit: 1,
      ...(cursor && { cursor }),
    })
    seen.push(...page.items.map(({ user }) => user.id))
    cursor = page.next_cursor
  }
  expect(seen).toHaveLength(6)
  expect(new Set(seen).size).toBe(6)
  expect(seen).toEqual(seen.toSorted())
})

test('the moment at which somebody came is kept as precisely as it is told', async () => {
  const finer = `select count(*)::int as rows from members where joined_at <> date_trunc('milliseconds', joined_at)`
  expect(await query(house.databaseUrl, finer)).toEqual([{ rows: 0 }])
})
