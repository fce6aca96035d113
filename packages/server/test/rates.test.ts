/** Rates: how much of what a user may do, what the answer says of it, and that guessing a room's password is slow. */
import { afterAll, expect, test } from 'bun:test'
import { Client } from 'pg'
import { clientId, openTeahouse, until } from './support/house.ts'

const house = await openTeahouse({
  LIMIT_MESSAGES_BURST: '5',
  LIMIT_MESSAGES_PER_SECOND: '0.2',
  LIMIT_WRITES_PER_MINUTE: '10',
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '4',
})
afterAll(() => house.close())

test('messages come from a bucket that fills again, the same by request and by command', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const phone = await ann.connect()
  const send = () => ({ room_id: room.id, content: 'x', client_id: clientId() })
  for (let i = 0; i < 3; i++) expect(await phone.refusal('send_message', send())).toBe('ok')
  const last = [await ann.answer('send_message', send()), await ann.answer('send_message', send())]
  expect(last.at(-1)?.headers.get('ratelimit')).toMatch(/^"messages";r=[01];t=\d+$/)
  let refused = await ann.answer('send_message', send())
  while (refused.code === null) refused = await ann.answer('send_message', send()) // five seconds went by: the bucket had a drop again
  expect([refused.status, refused.code]).toEqual([429, 'rate_limited'])
  expect(refused.error?.retry_after_ms).toBeWithin(1, 5_001)
  expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil((refused.error?.retry_after_ms ?? 0) / 1_000))
  await until(async () => (await phone.refusal('send_message', send())) === 'ok', { everyMs: 100 })
})

test('other writes have a bucket of their own; reading has none', async () => {
  const ann = await house.guest()
  const room = await house.room(ann) // the first write
  const codes: (string | null)[] = []
  for (let i = 0; i < 12; i++) codes.push((await ann.answer('update_room', { room_id: room.id, slow_mode_s: i })).code)
  expect(codes.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => null))
  expect(codes).toContain('rate_limited')
  for (let i = 0; i < 20; i++) expect(await ann.refusal('get_room', { room_id: room.id })).toBe('ok')
  expect(await ann.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('ok')
})

test('what one user reads takes turns: others do not wait for it, and what is too much is refused', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const holder = new Client(house.databaseUrl)
  await holder.connect()
  await holder.query('begin')
  await holder.query('lock table rooms in access exclusive mode') // whoever reads a room waits
  const codes: string[] = []
  const asked = Array.from({ length: 210 }, async () => void codes.push(await ann.refusal('get_room', { room_id: room.id })))
  await until(() => codes.length === 6)
  expect(codes).toEqual(Array.from({ length: 6 }, () => 'rate_limited'))
  expect(await ben.refusal('get_me', {})).toBe('ok')
  await holder.query('commit')
  await holder.end()
  await Promise.all(asked)
  expect(codes.slice(6)).toEqual(Array.from({ length: 204 }, () => 'ok'))
  expect(await ann.refusal('get_room', { room_id: room.id })).toBe('ok')
})

test('the password of a room counts as a write of its own, so that nobody can make the server hash without end', async () => {
  const ann = await house.guest()
  const make = () => ann.refusal('create_room', { name: clientId(), is_private: true, password: 'sesame' })
  const codes = []
  for (let i = 0; i < 7; i++) codes.push(await make())
  expect(codes.slice(0, 5)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  expect(codes).toContain('rate_limited')
})

test('guessing the password of a room ends after a few tries', async () => {
  const [ann, eve] = await house.guests(2)
  const room = await house.room(ann, [], { is_private: true, password: 'lapsang' })
  const codes: string[] = []
  for (let i = 0; i < 8; i++) codes.push(await eve.refusal('join_room', { room_id: room.id, password: `guess ${i}` }))
  expect(codes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'wrong_room_password'))
  expect(codes).toContain('rate_limited')
})
