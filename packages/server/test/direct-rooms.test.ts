/** Direct rooms: the same people always have the same one. */
import { afterAll, expect, test } from 'bun:test'
import { clientId, openTeahouse, UNKNOWN } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())

test('the first makes it, the next finds it, whoever asks and in whatever order', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const phone = await ben.connect()
  const made = await ann.answer('open_direct_room', { user_ids: [ben.id, cat.id] })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    kind: 'direct',
    name: '',
    is_private: true,
    member_count: 3,
    max_members: 3,
    membership: { role: 'member' },
  })
  expect(made.body.members?.map(({ id }) => id).toSorted()).toEqual([ann.id, ben.id, cat.id].toSorted())
  await phone.expectEvent('room_added', ({ room }) => (room as { id: string }).id === made.body.id)
  for (const [who, user_ids] of [
    [ann, [cat.id, ben.id]],
    [ben, [ann.id, cat.id, ben.id]],
    [cat, [ben.id, ann.id, ann.id]],
  ] as const) {
    const found = await who.answer('open_direct_room', { user_ids: [...user_ids] })
    expect([found.status, found.body.id]).toEqual([200, made.body.id])
  }
  expect((await ann.answer('open_direct_room', { user_ids: [ben.id] })).status).toBe(201) // other people, another room
})

test('it needs somebody else, who exists, and at most nine', async () => {
  const ann = await house.guest()
  for (const user_ids of [[], [ann.id], ['nonsense'], 'x', Array.from({ length: 10 }, () => crypto.randomUUID())])
    expect([user_ids, await ann.refusal('open_direct_room', { user_ids })]).toEqual([user_ids, 'validation_failed'])
  expect(await ann.refusal('open_direct_room', { user_ids: [UNKNOWN] })).toBe('user_not_found')
})

test('a repeat under one key says so; the key with other people is refused', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const first = await ann.answer('open_direct_room', { user_ids: [ben.id] }, { key: 'direct' })
  const again = await ann.answer('open_direct_room', { user_ids: [ben.id] }, { key: 'direct' })
  expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([first.body.id, 'true'])
  expect((await ann.answer('open_direct_room', { user_ids: [cat.id] }, { key: 'direct' })).code).toBe('idempotency_mismatch')
  await ann.call('open_direct_room', { user_ids: [cat.id] })
  expect((await ann.answer('open_direct_room', { user_ids: [cat.id] }, { key: 'direct' })).code).toBe('idempotency_mismatch')
})

test('nobody else sees it, joins it, or is brought in; nobody leaves or runs it', async () => {
  const [ann, ben, eve] = await house.guests(3)
  const { id: room_id } = await ann.call('open_direct_room', { user_ids: [ben.id] })
  for (const name of ['get_room', 'join_room', 'list_messages', 'list_members', 'leave_room'] as const)
    expect([name, await eve.refusal(name, { room_id })]).toEqual([name, 'room_not_found'])
  expect(await eve.refusal('send_message', { room_id, content: 'x', client_id: clientId() })).toBe('room_not_found')
  for (const [name, more] of [
    ['leave_room', {}],
    ['delete_room', {}],
    ['update_room', { name: 'mine' }],
    ['add_member', { user_id: eve.id }],
    ['kick_member', { user_id: ben.id }],
    ['ban_user', { user_id: ben.id }],
    ['update_member', { user_id: ben.id, role: 'admin' }],
    ['transfer_room', { user_id: ben.id }],
    ['create_invite', {}],
    ['list_bans', {}],
  ] as const)
    expect([name, await ann.refusal(name, { room_id, ...more })]).toEqual([name, 'forbidden'])
  expect((await eve.call('list_directory', { limit: 100 })).items.map(({ id }) => id)).not.toContain(room_id)
})

test('both talk, and both may pin', async () => {
  const [ann, ben] = await house.guests(2)
  const { id: room_id } = await ann.call('open_direct_room', { user_ids: [ben.id] })
  const phone = await ben.connect()
  const sent = await ann.say(room_id, 'hello')
  await phone.expectEvent('message_sent', ({ message }) => (message as { id: string }).id === sent.id)
  expect(await ben.refusal('pin_message', { message_id: sent.id })).toBe('ok')
  expect((await ann.call('list_pins', { room_id })).items).toMatchObject([{ id: sent.id, pinned: true }])
  expect((await ben.call('get_room', { room_id })).membership).toMatchObject({ unread_count: 1 })
})
