/** Invitations: links that let people in. */
import { afterAll, expect, test } from 'bun:test'
import { query } from './support/database.ts'
import { openTeahouse } from './support/house.ts'

const house = await openTeahouse({ PUBLIC_URL: 'https://chat.example.org' })
afterAll(() => house.close())

test('an invitation shows the room to everybody and opens it, whatever password it has', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [], { is_private: true, password: 'never asked', description: 'quiet' })
  const made = await ann.answer('create_invite', { room_id: room.id })
  expect(made.status).toBe(201)
  const { code } = made.body
  expect(made.body).toMatchObject({ room_id: room.id, max_uses: null, uses: 0, expires_at: null, created_by: ann.id })
  expect(made.body.url).toBe(`https://chat.example.org/invite/${code}`)
  expect(await house.call('get_invite', { code })).toEqual({
    room: { id: room.id, name: room.name, description: 'quiet', member_count: 1 },
    expires_at: null,
  })
  const joined = await ben.answer('join_by_invite', { code })
  expect(joined.status).toBe(200)
  expect(joined.body).toMatchObject({ id: room.id, member_count: 2, membership: { role: 'member' } })
  expect(await ben.refusal('join_by_invite', { code })).toBe('already_a_member')
  expect((await ann.call('list_invites', { room_id: room.id })).items).toMatchObject([{ code, uses: 1 }])
})

test('a code of nothing is not found', async () => {
  const ann = await house.guest()
  expect((await house.answer('get_invite', { code: 'nothing' })).code).toBe('invite_not_found')
  expect(await ann.refusal('join_by_invite', { code: 'nothing' })).toBe('invite_not_found')
  expect((await house.raw(`GET /invites/${'x'.repeat(65)}`)).code).toBe('validation_failed')
  expect((await house.answer('join_by_invite', { code: 'nothing' })).code).toBe('unauthorized')
})

test('used up, it lets nobody in', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann)
  const { code } = await ann.call('create_invite', { room_id: room.id, max_uses: 1 })
  expect(await ben.refusal('join_by_invite', { code })).toBe('ok')
  const { status, code: refusal } = await cat.answer('join_by_invite', { code })
  expect([status, refusal]).toEqual([410, 'invite_expired'])
  expect((await house.answer('get_invite', { code })).code).toBe('invite_expired')
  expect((await ann.call('list_invites', { room_id: room.id })).items).toEqual([])
})

test('those who are in already, banned, or find no place use nothing up', async () => {
  const [ann, ben, cat, dan] = await house.guests(4)
  const room = await house.room(ann, [ben], { max_members: 2 })
  await ann.call('ban_user', { room_id: room.id, user_id: cat.id })
  const { code } = await ann.call('create_invite', { room_id: room.id, max_uses: 1 })
  expect(await ben.refusal('join_by_invite', { code })).toBe('already_a_member')
  expect(await cat.refusal('join_by_invite', { code })).toBe('banned_from_room')
  expect(await dan.refusal('join_by_invite', { code })).toBe('room_full')
  await ann.call('update_room', { room_id: room.id, max_members: 3 })
  expect(await dan.refusal('join_by_invite', { code })).toBe('ok')
})

test('it expires', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const { code, created_at, expires_at } = await ann.call('create_invite', { room_id: room.id, expires_in_s: 3_600 })
  expect(Date.parse(expires_at ?? '') - Date.parse(created_at)).toBe(3_600_000)
  expect((await house.call('get_invite', { code })).expires_at).toBe(expires_at)
  await query(house.databaseUrl, `update invites set expires_at = expires_at - interval '1 hour' where code = $1`, [code])
  expect((await house.answer('get_invite', { code })).code).toBe('invite_expired')
  expect((await ann.call('list_invites', { room_id: room.id })).items).toEqual([])
  expect(await ben.refusal('join_by_invite', { code })).toBe('invite_expired')
})

test('it can be withdrawn, once', async () => {
  const [ann, ben, eve] = await house.guests(3)
  const [room, other] = [await house.room(ann), await house.room(eve)]
  const { code } = await ann.call('create_invite', { room_id: room.id })
  expect(await eve.refusal('withdraw_invite', { room_id: other.id, code })).toBe('invite_not_found')
  expect(await eve.refusal('withdraw_invite', { room_id: room.id, code })).toBe('not_a_member')
  expect((await ann.answer('withdraw_invite', { room_id: room.id, code })).status).toBe(204)
  expect(await ann.refusal('withdraw_invite', { room_id: room.id, code })).toBe('invite_not_found')
  expect(await ben.refusal('join_by_invite', { code })).toBe('invite_expired')
})

test('in a public room every member invites, in a private one those who run it', async () => {
  const [ann, ben] = await house.guests(2)
  const [open, secret] = [await house.room(ann, [ben]), await house.room(ann, [ben], { is_private: true })]
  expect(await ben.refusal('create_invite', { room_id: open.id })).toBe('ok')
  expect(await ben.refusal('list_invites', { room_id: open.id })).toBe('ok')
  for (const name of ['create_invite', 'list_invites'] as const) expect(await ben.refusal(name, { room_id: secret.id })).toBe('forbidden')
  expect(await ben.refusal('withdraw_invite', { room_id: secret.id, code: 'x' })).toBe('forbidden')
  await ann.call('update_member', { room_id: secret.id, user_id: ben.id, role: 'admin' })
  expect(await ben.refusal('create_invite', { room_id: secret.id })).toBe('ok')
})

test('its numbers have bounds', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  for (const bad of [
    { max_uses: 0 },
    { max_uses: 1.5 },
    { max_uses: '3' },
    { expires_in_s: 0 },
    { expires_in_s: -5 },
    { expires_in_s: 1e12 },
  ])
    expect([bad, await ann.refusal('create_invite', { room_id: room.id, ...bad })]).toEqual([bad, 'validation_failed'])
  expect(await ann.refusal('create_invite', { room_id: room.id, max_uses: null, expires_in_s: null })).toBe('ok')
})

test('a deleted room has no way in', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const { code } = await ann.call('create_invite', { room_id: room.id })
  await ann.call('delete_room', { room_id: room.id })
  expect((await house.answer('get_invite', { code })).code).toBe('invite_expired')
  expect(await ben.refusal('join_by_invite', { code })).toBe('invite_expired')
})

test('a repeat under one key joins once and uses one use', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const invite = await ann.answer('create_invite', { room_id: room.id, max_uses: 1 }, { key: 'invite' })
  const same = await ann.answer('create_invite', { room_id: room.id, max_uses: 1 }, { key: 'invite' })
  expect(same.body).toEqual({ ...invite.body, replayed: true } as never)
  const first = await ben.answer('join_by_invite', { code: invite.body.code }, { key: 'join' })
  const again = await ben.answer('join_by_invite', { code: invite.body.code }, { key: 'join' })
  expect([again.status, again.headers.get('idempotency-replayed'), again.body.id]).toEqual([200, 'true', first.body.id])
  expect((await ann.call('get_room', { room_id: room.id })).member_count).toBe(2)
})

test('invitations come in pages, the last first', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const codes: string[] = []
  for (let i = 0; i < 5; i++) codes.unshift((await ann.call('create_invite', { room_id: room.id })).code)
  const first = await ann.call('list_invites', { room_id: room.id, limit: 3 })
  const second = await ann.call('list_invites', { room_id: room.id, limit: 3, cursor: first.next_cursor ?? '' })
  expect([...first.items, ...second.items].map(({ code }) => code).toSorted()).toEqual(codes.toSorted())
  expect(second.next_cursor).toBeNull()
})
