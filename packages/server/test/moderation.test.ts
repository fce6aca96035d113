/** What owner and admins do with people: bring in, raise, mute, remove, keep out. */
import { afterAll, expect, test } from 'bun:test'
import { query } from './support/database.ts'
import { clientId, openTeahouse, UNKNOWN, until } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const HOUR = 3_600_000
/** What the table says of these people's time lies an hour earlier than it did. */
const anHourPasses = (table: string, columns: readonly string[], roomId: string) =>
  query(
    house.databaseUrl,
    `update ${table} set ${columns.map((each) => `${each} = ${each} - interval '1 hour'`).join()} where room_id = $1`,
    [roomId],
  )

test('owner and admins bring people in, who are told', async () => {
  const [ann, ben, cat, dan] = await house.guests(4)
  const room = await house.room(ann, [ben], { is_private: true, password: 'never asked' })
  const phone = await cat.connect()
  expect(await ben.refusal('add_member', { room_id: room.id, user_id: cat.id })).toBe('forbidden')
  const added = await ann.answer('add_member', { room_id: room.id, user_id: cat.id })
  expect(added.status).toBe(201)
  expect(added.body).toMatchObject({ user: cat.user, role: 'member', muted_until: null, online: true })
  const told = await phone.expectEvent('room_added')
  expect(told).toMatchObject({
    user_id: cat.id,
    room: { id: room.id, last_seq: room.last_seq + 1 },
    membership: { last_read_seq: room.last_seq + 1 },
  })
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, role: 'admin' })
  await phone.expectEvent('member_role_changed')
  expect(phone.seqs(room.id)).toEqual([room.last_seq + 2])
  expect(await ben.refusal('add_member', { room_id: room.id, user_id: dan.id })).toBe('ok')
  expect(await ann.refusal('add_member', { room_id: room.id, user_id: cat.id })).toBe('already_a_member')
  expect(await ann.refusal('add_member', { room_id: room.id, user_id: UNKNOWN })).toBe('user_not_found')
})

test('a repeat of bringing in under one key is answered with the same member', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const first = await ann.answer('add_member', { room_id: room.id, user_id: ben.id }, { key: 'in' })
  const again = await ann.answer('add_member', { room_id: room.id, user_id: ben.id }, { key: 'in' })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(again.body).toEqual({ ...first.body, replayed: true } as never)
})

test('members are listed in pages, in the order in which they came', async () => {
  const [ann, ben, cat, dan, eve] = await house.guests(5)
  const room = await house.room(ann, [ben, cat, dan])
  await ben.connect()
  const first = await ben.call('list_members', { room_id: room.id, limit: 3 })
  const second = await ben.call('list_members', { room_id: room.id, limit: 3, cursor: first.next_cursor ?? '' })
  const all = [...first.items, ...second.items]
  expect(all.map(({ user, role, online }) => [user.id, role, online])).toEqual([
    [ann.id, 'owner', false],
    [ben.id, 'member', true],
    [cat.id, 'member', false],
    [dan.id, 'member', false],
  ])
  expect(second.next_cursor).toBeNull()
  expect(await eve.refusal('list_members', { room_id: room.id })).toBe('not_a_member')
})

test('only the owner gives roles, never to himself', async () => {
  const [ann, ben, cat, eve] = await house.guests(4)
  const room = await house.room(ann, [ben, cat])
  const role = (user_id: string, given: string) => ({ room_id: room.id, user_id, role: given })
  expect(await ann.call('update_member', { room_id: room.id, user_id: ben.id, role: 'admin' })).toMatchObject({ role: 'admin' })
  expect(await ben.refusal('update_member', role(cat.id, 'admin'))).toBe('forbidden')
  expect(await ben.refusal('update_member', role(ben.id, 'member'))).toBe('forbidden')
  expect(await ann.refusal('update_member', role(ann.id, 'member'))).toBe('forbidden')
  expect(await ann.refusal('update_member', role(ben.id, 'owner'))).toBe('validation_failed')
  expect(await ann.refusal('update_member', role(eve.id, 'admin'))).toBe('user_not_found')
  const before = (await ann.call('get_room', { room_id: room.id })).last_seq
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, role: 'admin' }) // as it is
  await ann.call('update_member', { room_id: room.id, user_id: ben.id })
  expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(before)
})

test('the owner kicks all, admins kick members, nobody kicks the owner', async () => {
  const [ann, ben, cat, dan, eve] = await house.guests(5)
  const room = await house.room(ann, [ben, cat, dan])
  for (const { id } of [ben, cat]) await ann.call('update_member', { room_id: room.id, user_id: id, role: 'admin' })
  const kick = (user_id: string) => ({ room_id: room.id, user_id })
  expect(await dan.refusal('kick_member', kick(ben.id))).toBe('forbidden')
  expect(await ben.refusal('kick_member', kick(cat.id))).toBe('forbidden')
  expect(await ben.refusal('kick_member', kick(ann.id))).toBe('forbidden')
  expect(await ann.refusal('kick_member', kick(ann.id))).toBe('forbidden')
  expect(await ann.refusal('kick_member', kick(eve.id))).toBe('user_not_found')
  const phone = await dan.connect()
  expect((await ben.answer('kick_member', kick(dan.id))).status).toBe(204)
  const kicked = await phone.expectEvent('member_kicked')
  expect(kicked).toMatchObject({ user_id: dan.id, actor_id: ben.id, banned: false, until: null, member_count: 3 })
  await phone.expectEvent('room_removed', ({ reason }) => reason === 'kicked')
  await ann.say(room.id, 'not for dan')
  await phone.expectNothing('message_sent')
  expect(await dan.refusal('join_room', { room_id: room.id })).toBe('ok') // kicked is not banned
  expect(await ann.refusal('kick_member', kick(cat.id))).toBe('ok')
})

test('whoever is banned is out, and stays out by every door', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann, [ben, cat])
  const { code } = await cat.call('create_invite', { room_id: room.id })
  const phone = await ben.connect()
  expect((await ann.answer('ban_user', { room_id: room.id, user_id: ben.id, reason: 'spam' })).status).toBe(204)
  await phone.expectEvent('member_kicked', ({ banned, until: end }) => banned === true && end === null)
  await phone.expectEvent('room_removed', ({ reason }) => reason === 'banned')
  expect(await ben.refusal('join_room', { room_id: room.id })).toBe('banned_from_room')
  expect(await ben.refusal('join_by_invite', { code })).toBe('banned_from_room')
  expect(await ann.refusal('add_member', { room_id: room.id, user_id: ben.id })).toBe('banned_from_room')
  expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('banned_from_room')
  expect(await phone.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('banned_from_room')
  const bans = await ann.call('list_bans', { room_id: room.id })
  expect(bans.items).toMatchObject([{ user: ben.user, until: null, reason: 'spam', created_by: ann.id }])
  expect(await cat.refusal('list_bans', { room_id: room.id })).toBe('forbidden')
  expect(await cat.refusal('unban_user', { room_id: room.id, user_id: ben.id })).toBe('forbidden')
  expect((await ann.answer('unban_user', { room_id: room.id, user_id: ben.id })).status).toBe(204)
  expect(await ann.refusal('unban_user', { room_id: room.id, user_id: ben.id })).toBe('not_found')
  expect(await ben.refusal('join_room', { room_id: room.id })).toBe('ok')
})

test('a ban ends when it says', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const end = inMs(HOUR)
  await ann.call('ban_user', { room_id: room.id, user_id: ben.id, until: end })
  expect((await ann.call('list_bans', { room_id: room.id })).items).toMatchObject([{ until: end, reason: null }])
  expect(await ben.refusal('join_room', { room_id: room.id })).toBe('banned_from_room')
  await anHourPasses('bans', ['until'], room.id)
  expect((await ann.call('list_bans', { room_id: room.id })).items).toEqual([])
  expect(await ann.refusal('unban_user', { room_id: room.id, user_id: ben.id })).toBe('not_found')
  expect(await ben.refusal('join_room', { room_id: room.id })).toBe('ok')
  expect(await ann.refusal('ban_user', { room_id: room.id, user_id: ben.id, until: inMs(-1_000) })).toBe('validation_failed')
})

test('people who were never there can be banned; those above one cannot', async () => {
  const [ann, ben, cat, eve] = await house.guests(4)
  const room = await house.room(ann, [ben, cat])
  for (const { id } of [ben, cat]) await ann.call('update_member', { room_id: room.id, user_id: id, role: 'admin' })
  const ban = (user_id: string) => ({ room_id: room.id, user_id })
  const before = (await ann.call('get_room', { room_id: room.id })).last_seq
  expect(await ben.refusal('ban_user', ban(eve.id))).toBe('ok')
  expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(before)
  expect(await eve.refusal('join_room', { room_id: room.id })).toBe('banned_from_room')
  expect(await ben.refusal('ban_user', ban(cat.id))).toBe('forbidden')
  expect(await ben.refusal('ban_user', ban(ann.id))).toBe('forbidden')
  expect(await ben.refusal('ban_user', ban(ben.id))).toBe('forbidden')
  expect(await ann.refusal('ban_user', ban(ann.id))).toBe('forbidden')
  await ann.call('ban_user', { ...ban(eve.id), until: inMs(HOUR), reason: 'milder' }) // a new ban replaces the old one
  expect((await ann.call('list_bans', { room_id: room.id })).items).toMatchObject([{ reason: 'milder', created_by: ann.id }])
})

test('bans come in pages, the last first', async () => {
  const [ann, ...others] = await house.guests(5)
  const room = await house.room(ann)
  for (const { id } of others) await ann.call('ban_user', { room_id: room.id, user_id: id })
  const first = await ann.call('list_bans', { room_id: room.id, limit: 3 })
  const second = await ann.call('list_bans', { room_id: room.id, limit: 3, cursor: first.next_cursor ?? '' })
  expect([...first.items, ...second.items].map(({ user }) => user.id)).toEqual(others.map(({ id }) => id).toReversed())
})

test('whoever is muted hears, but says nothing until it ends', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const mine = await ben.say(room.id, 'before')
  const phone = await ben.connect()
  const end = inMs(HOUR)
  expect(await ann.call('update_member', { room_id: room.id, user_id: ben.id, muted_until: end })).toMatchObject({ muted_until: end })
  await phone.expectEvent('member_muted', ({ user_id, muted_until }) => user_id === ben.id && muted_until === end)
  const { code, error, headers } = await ben.answer('send_message', { room_id: room.id, content: 'x', client_id: clientId() })
  expect(code).toBe('muted')
  expect(error?.retryable).toBeTrue()
  expect(error?.retry_after_ms).toBeWithin(HOUR - 60_000, HOUR + 1)
  expect(Number(headers.get('retry-after'))).toBeWithin(3_500, 3_601)
  expect(await phone.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('muted')
  expect(await phone.refusal('edit_message', { message_id: mine.id, content: 'x' })).toBe('muted')
  expect(await phone.refusal('add_reaction', { message_id: mine.id, emoji: '👍' })).toBe('muted')
  expect((await ben.call('get_room', { room_id: room.id })).membership?.muted_until).toBe(end)
  await ann.say(room.id, 'he hears')
  await phone.expectEvent('message_sent')
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, muted_until: null })
  await phone.expectEvent('member_muted', ({ muted_until }) => muted_until === null)
  expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('ok')
})

test('muting follows rank, and ends by itself', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann, [ben, cat])
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, role: 'admin' })
  const mute = (user_id: string, muted_until: string | null) => ({ room_id: room.id, user_id, muted_until })
  expect(await cat.refusal('update_member', mute(ben.id, inMs(HOUR)))).toBe('forbidden')
  expect(await ben.refusal('update_member', mute(ann.id, inMs(HOUR)))).toBe('forbidden')
  expect(await ben.refusal('update_member', mute(cat.id, inMs(-HOUR)))).toBe('validation_failed')
  expect(await ben.refusal('update_member', mute(cat.id, inMs(HOUR)))).toBe('ok')
  expect(await cat.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('muted')
  await anHourPasses('members', ['muted_until'], room.id)
  expect(await cat.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('ok')
  expect(await ann.refusal('update_member', mute(ben.id, inMs(HOUR)))).toBe('ok')
})

test('a mute outlasts leaving, kicks and bans, by whatever door he comes back, and everybody sees it', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const both = { room_id: room.id, user_id: ben.id }
  const { code } = await ann.call('create_invite', { room_id: room.id })
  const end = inMs(HOUR)
  await ann.call('update_member', { ...both, muted_until: end })
  const [watching, phone] = [await ann.connect(), await ben.connect()]
  const ways: [away: () => Promise<unknown>, back: () => Promise<unknown>][] = [
    [() => ben.call('leave_room', { room_id: room.id }), () => ben.call('join_room', { room_id: room.id })],
    [() => ann.call('kick_member', both), () => ben.call('join_by_invite', { code })],
    [
      () => ann.call('ban_user', both),
      async () => {
        await ann.call('unban_user', both)
        expect(await ann.call('add_member', both)).toMatchObject({ user: ben.user, role: 'member', muted_until: end })
      },
    ],
  ]
  for (const [away, back] of ways) {
    await away()
    expect((await ann.call('list_members', { room_id: room.id })).items.map(({ user }) => user.id)).toEqual([ann.id])
    const gone = (await ann.call('get_room', { room_id: room.id })).last_seq
    await back()
    await watching.expectEvent('user_joined_room', ({ seq }) => Number(seq) > gone)
    expect((await ben.call('get_room', { room_id: room.id })).membership?.muted_until).toBe(end)
    const { items } = await ann.call('list_members', { room_id: room.id })
    expect(items.map(({ user, muted_until }) => [user.id, muted_until])).toEqual([
      [ann.id, null],
      [ben.id, end],
    ])
    expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('muted')
  }
  expect(watching.of('user_joined_room').map(({ muted_until }) => muted_until)).toEqual([end, end, end])
  await until(() => phone.of('room_added').length === 3)
  expect(phone.of('room_added')).toMatchObject([end, end, end].map((muted_until) => ({ membership: { muted_until } })))
  await ann.call('update_member', { ...both, muted_until: null })
  await ben.call('leave_room', { room_id: room.id })
  expect((await ben.call('join_room', { room_id: room.id })).membership.muted_until).toBeNull()
  expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('ok')
})

test('a mute that runs out while he is away is over when he comes back', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, muted_until: inMs(HOUR) })
  await ben.call('leave_room', { room_id: room.id })
  await anHourPasses('restraints', ['muted_until', 'ends_at'], room.id)
  expect((await ben.call('join_room', { room_id: room.id })).membership.muted_until).toBeNull()
  expect(await ben.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('ok')
})

test('what holds somebody back goes with the room', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const [closed, open] = [await house.room(ann, [ben]), await house.room(ann, [ben, cat])]
  for (const { room_id, user_id } of [
    { room_id: closed.id, user_id: ben.id },
    { room_id: open.id, user_id: ben.id },
    { room_id: open.id, user_id: cat.id },
  ]) {
    await ann.call('update_member', { room_id, user_id, muted_until: inMs(HOUR) })
    await ann.call('kick_member', { room_id, user_id })
  }
  const kept = async () => {
    const held = 'select room_id, user_id from restraints where room_id = any($1) order by user_id'
    const rows = await query<{ room_id: string; user_id: string }>(house.databaseUrl, held, [[closed.id, open.id]])
    return rows.map(({ room_id, user_id }) => [room_id, user_id])
  }
  expect(await kept()).toHaveLength(3)
  await ann.call('delete_room', { room_id: closed.id })
  expect(await kept()).toEqual([ben.id, cat.id].toSorted().map((id) => [open.id, id]))
})

test('slow mode does not forget who leaves and comes back', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  await ann.call('update_room', { room_id: room.id, slow_mode_s: 60 })
  await ben.say(room.id, 'mine')
  await ben.call('leave_room', { room_id: room.id })
  await ben.call('join_room', { room_id: room.id })
  const refused = await ben.answer('send_message', { room_id: room.id, content: 'x', client_id: clientId() })
  expect([refused.status, refused.code]).toEqual([429, 'slow_mode'])
  expect(refused.error?.retry_after_ms).toBeWithin(1, 60_001)
})

test('slow mode holds members back, not those who run the room', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann, [ben, cat])
  await ann.call('update_member', { room_id: room.id, user_id: cat.id, role: 'admin' })
  await ann.call('update_room', { room_id: room.id, slow_mode_s: 600 })
  const send = { room_id: room.id, content: 'x', client_id: clientId() }
  expect(await ben.refusal('send_message', send)).toBe('ok')
  const { status, code, error, headers } = await ben.answer('send_message', { ...send, client_id: clientId() })
  expect([status, code]).toEqual([429, 'slow_mode'])
  expect(error?.retry_after_ms).toBeWithin(1, 600_001)
  expect(Number(headers.get('retry-after'))).toBe(Math.ceil((error?.retry_after_ms ?? 0) / 1_000))
  expect((await ben.answer('send_message', send)).status).toBe(200) // a repeat is no second message
  for (const guest of [ann, cat])
    for (let i = 0; i < 3; i++) expect(await guest.refusal('send_message', { ...send, client_id: clientId() })).toBe('ok')
  await anHourPasses('members', ['last_sent_at'], room.id)
  expect(await ben.refusal('send_message', { ...send, client_id: clientId() })).toBe('ok')
})

test('of messages that a member sends at once in slow mode, one goes through', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  await ann.call('update_room', { room_id: room.id, slow_mode_s: 60 })
  const phone = await ben.connect()
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => phone.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })),
  )
  expect(outcomes).toEqual(['ok', 'slow_mode', 'slow_mode', 'slow_mode', 'slow_mode'])
})

test('what an outbox sends again in slow mode does not stand in the way of what is new', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  await ann.call('update_room', { room_id: room.id, slow_mode_s: 600 })
  const phone = await ben.connect()
  const known = { room_id: room.id, content: 'known', client_id: clientId() }
  await phone.call('send_message', known)
  await anHourPasses('members', ['last_sent_at'], room.id)
  const fresh = { room_id: room.id, content: 'new', client_id: clientId() }
  const outcomes = await Promise.all([
    phone.refusal('send_message', { ...known, content: 'known' }),
    phone.refusal('send_message', known),
    phone.refusal('send_message', fresh),
  ])
  expect(outcomes).toEqual(['ok', 'ok', 'ok'])
})
