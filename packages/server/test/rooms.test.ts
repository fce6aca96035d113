/** Rooms: made, found, changed, joined, left, handed on, deleted. */
import { afterAll, expect, test } from 'bun:test'
import { clientId, codeOf, openTeahouse } from './support/house.ts'

const house = await openTeahouse({ LIMIT_ROOM_MEMBERS: '50' })
afterAll(() => house.close())
const unique = (name: string) => `${name} ${clientId().slice(0, 8)}`

test('whoever makes a room owns it, and it is as he said', async () => {
  const ann = await house.guest()
  const name = unique('茶馆')
  const { status, body } = await ann.answer('create_room', { name: `  ${name} `, description: 'green\nand black', max_members: 7 })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    kind: 'group',
    name,
    description: 'green\nand black',
    owner_id: ann.id,
    is_private: false,
    has_password: false,
    max_members: 7,
    member_count: 1,
    slow_mode_s: 0,
    last_seq: 1,
    last_message: null,
    membership: { role: 'owner', last_read_seq: 1, unread_count: 0, mention_count: 0, muted_until: null },
  })
  expect(await ann.call('get_room', { room_id: body.id })).toEqual(body)
  expect((await ann.call('list_rooms', {})).items).toEqual([body])
  const { items } = await ann.call('get_events', { room_id: body.id, after_seq: 0 })
  expect(items.map(({ type, payload }) => [type, payload.seq, payload.actor_id])).toEqual([['room_created', 1, ann.id]])
})

test('without more than a name it has room for as many as the server allows', async () => {
  const ann = await house.guest()
  expect(await ann.call('create_room', { name: unique('plain') })).toMatchObject({ description: null, max_members: 50 })
  expect(await ann.refusal('create_room', { name: unique('vast'), max_members: 51 })).toBe('validation_failed')
})

test('names of public rooms are unique without regard to case, composition and what nobody sees; private ones may share them', async () => {
  const [ann, ben] = await house.guests(2)
  const name = unique('Café')
  await ann.call('create_room', { name })
  expect(await ben.refusal('create_room', { name: name.toUpperCase() })).toBe('room_name_taken')
  expect(await ben.refusal('create_room', { name: name.normalize('NFD') })).toBe('room_name_taken')
  expect(await ben.refusal('create_room', { name: name.replace('a', 'a\u200b\u2060') })).toBe('room_name_taken')
  const hidden = await ben.call('create_room', { name, is_private: true })
  expect(await ben.refusal('update_room', { room_id: hidden.id, is_private: false })).toBe('room_name_taken')
  const other = await ben.call('create_room', { name: unique('other') })
  expect(await ben.refusal('update_room', { room_id: other.id, name })).toBe('room_name_taken')
  expect((await ben.call('get_room', { room_id: other.id })).name).toBe(other.name)
})

/** Nothing to see: joiners, fillers, marks without a letter, white space of many kinds. */
const INVISIBLE = [
  '\u200b',
  '\u2060\u200d',
  '\ufeff',
  '\u3164',
  '\u115f\u1160',
  '\u0301',
  '\u00ad',
  '\u2800 \u3000',
  '\u200f',
  '\u{e0041}',
  '\u180e',
]
/** What would reach beyond its line, or turn it around. */
const UNRULY = ['a\nb', 'a\tb', 'a\u0007b', 'a\u0085b', 'a\u2028b', 'exe.\u202egnp', '\u202aa\u202c', '\u2066a\u2069', '\u2067', 'a\u2068']
const HONEST = [
  'قهوة',
  '\u200fשלום עולם',
  'می\u200cخواهم',
  'क्\u200dष',
  'e\u0301',
  '👨‍👩‍👧',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  '❤️',
  '茶',
]

test('a name shows something and stays in its line', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  /** What is said against the name, wherever a name can be given. */
  const rules = async (name: string): Promise<unknown> => {
    const attachments = [{ url: 'https://example.org/x', name }]
    const said = [
      await ann.answer('create_room', { name, is_private: true }),
      await ann.answer('update_room', { room_id: room.id, name }),
      await ann.answer('update_me', { display_name: name }),
      await ann.answer('send_message', { room_id: room.id, content: 'x', client_id: clientId(), attachments }),
    ]
    return said.map(({ code, error }) => (code === 'validation_failed' ? (error?.details?.map(({ rule }) => rule) ?? []) : code))
  }
  const four = (rule: unknown) => [rule, rule, rule, rule]
  for (const name of INVISIBLE) expect([name, await rules(name)]).toEqual([name, four(expect.arrayContaining(['blank']))])
  for (const name of UNRULY) expect([name, await rules(name)]).toEqual([name, four(expect.arrayContaining(['forbidden_character']))])
  for (const name of HONEST) expect([name, await rules(name)]).toEqual([name, four(null)])
  expect(await ann.refusal('update_me', { status_text: 'back \u202esoon' })).toBe('validation_failed')
  expect(await ann.refusal('update_me', { status_text: '' })).toBe('ok')
})

test('a blank name is none', async () => {
  const ann = await house.guest()
  for (const name of ['', '   ', '\n\t']) expect(await ann.refusal('create_room', { name })).toBe('validation_failed')
  expect((await ann.call('create_room', { name: '🍵'.repeat(56) + clientId().slice(0, 8) })).name).toHaveLength(120)
})

test('a password is for private rooms only', async () => {
  const ann = await house.guest()
  const { code, error } = await ann.answer('create_room', { name: unique('open'), password: 'darjeeling' })
  expect([code, error?.details?.[0]?.field]).toEqual(['validation_failed', 'password'])
  const room = await ann.call('create_room', { name: unique('locked'), is_private: true, password: 'darjeeling' })
  expect(room).toMatchObject({ is_private: true, has_password: true })
  expect(await ann.refusal('create_room', { name: 'x', is_private: true, password: 'abc' })).toBe('validation_failed')
  expect(await ann.call('update_room', { room_id: room.id, password: null })).toMatchObject({ is_private: true, has_password: false })
  await ann.call('update_room', { room_id: room.id, password: 'assam tea' })
  expect(await ann.call('update_room', { room_id: room.id, is_private: false })).toMatchObject({ is_private: false, has_password: false })
  expect(await ann.refusal('update_room', { room_id: room.id, password: 'assam tea' })).toBe('validation_failed')
})

test('a repeat of the same key makes no second room; another content under the key is refused', async () => {
  const [ann, ben] = await house.guests(2)
  const [input, key] = [{ name: unique('once') }, clientId()]
  const first = await ann.answer('create_room', input, { key })
  const again = await ann.answer('create_room', input, { key })
  expect(first.headers.get('idempotency-replayed')).toBeNull()
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  expect(again.body).toEqual({ ...first.body, replayed: true } as never)
  expect((await ann.answer('create_room', { name: unique('twice') }, { key })).code).toBe('idempotency_mismatch')
  expect((await ann.answer('join_room', { room_id: first.body.id }, { key })).code).toBe('idempotency_mismatch')
  expect((await ben.call('create_room', { name: unique('mine') }, { key })).owner_id).toBe(ben.id) // keys are one's own
  expect((await ann.call('list_rooms', {})).items).toHaveLength(1)
  expect((await ann.answer('create_room', input, { key: 'a key with spaces' })).code).toBe('validation_failed')
})

test('a repeat does not bring back what was deleted since', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  const { id: message_id } = await ann.say(room.id, 'I did not say this')
  const first = await ben.answer('join_room', { room_id: room.id }, { key: 'in' })
  expect(first.body.last_message?.content).toBe('I did not say this')
  await ann.call('delete_message', { message_id })
  const again = await ben.answer('join_room', { room_id: room.id }, { key: 'in' })
  expect(again.body).toEqual({ ...first.body, last_message: null, replayed: true } as never)
})

test('twenty at once under one key make one room', async () => {
  const ann = await house.guest()
  const input = { name: unique('race') }
  const answers = await Promise.all(Array.from({ length: 20 }, () => ann.answer('create_room', input, { key: 'race' })))
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1)
})

test('a repeated leave is answered as the first one was', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  expect((await ben.answer('leave_room', { room_id: room.id }, { key: 'bye' })).status).toBe(204)
  const again = await ben.answer('leave_room', { room_id: room.id }, { key: 'bye' })
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([204, 'true'])
  expect(await ben.refusal('leave_room', { room_id: room.id })).toBe('not_a_member')
})

test('a public room is open to all who are not in it yet', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann)
  await ann.say(room.id, 'before')
  const joined = await ben.answer('join_room', { room_id: room.id })
  expect(joined.status).toBe(200)
  expect(joined.body).toMatchObject({
    id: room.id,
    member_count: 2,
    last_seq: 3,
    membership: { role: 'member', last_read_seq: 3, unread_count: 0 },
  })
  expect(joined.body.last_message?.content).toBe('before')
  expect(await ben.refusal('join_room', { room_id: room.id })).toBe('already_a_member')
  const { items } = await ben.call('get_events', { room_id: room.id, after_seq: 2 })
  expect(items[0]).toMatchObject({ type: 'user_joined_room', payload: { actor_id: ben.id, user: ben.user, member_count: 2 } })
  expect((await ben.call('list_messages', { room_id: room.id })).items.map(({ content }) => content)).toEqual(['before'])
})

test('a private room with a password opens to those who know it, and is seen by strangers', async () => {
  const [ann, ben, eve] = await house.guests(3)
  const room = await house.room(ann, [], { is_private: true, password: 'lapsang' })
  await ann.say(room.id, 'hush')
  const seen = await eve.call('get_room', { room_id: room.id })
  expect(seen).toMatchObject({ has_password: true, last_message: null })
  expect(seen.membership).toBeUndefined()
  for (const password of [undefined, '', 'wrong', 'LAPSANG', 'lapsang '])
    expect(await eve.refusal('join_room', { room_id: room.id, ...(password === undefined ? {} : { password }) })).toBe(
      'wrong_room_password',
    )
  expect(await codeOf(ben.call('join_room', { room_id: room.id, password: 'lapsang' }))).toBe('ok')
  expect(await eve.refusal('list_messages', { room_id: room.id })).toBe('not_a_member')
})

test('a private room without a password does not exist for strangers', async () => {
  const [ann, eve] = await house.guests(2)
  const room = await house.room(ann, [], { is_private: true })
  expect(await eve.refusal('get_room', { room_id: room.id })).toBe('room_not_found')
  expect(await eve.refusal('join_room', { room_id: room.id })).toBe('room_not_found')
  expect((await eve.call('list_directory', { q: room.name })).items).toEqual([])
})

test('a full room takes nobody, until somebody leaves', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann, [ben], { max_members: 2 })
  expect(await cat.refusal('join_room', { room_id: room.id })).toBe('room_full')
  expect(await ann.refusal('add_member', { room_id: room.id, user_id: cat.id })).toBe('room_full')
  expect(await ann.refusal('update_room', { room_id: room.id, max_members: 1 })).toBe('validation_failed')
  await ben.call('leave_room', { room_id: room.id })
  expect(await cat.refusal('join_room', { room_id: room.id })).toBe('ok')
})

test('changes are told, each field that changed and no other', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const phone = await ben.connect()
  const name = unique('renamed')
  const changed = await ann.call('update_room', { room_id: room.id, name, description: 'new', slow_mode_s: 5, max_members: 9 })
  expect(changed).toMatchObject({ name, description: 'new', slow_mode_s: 5, max_members: 9, last_seq: room.last_seq + 1 })
  const told = await phone.expectEvent('room_updated')
  expect(told['changes']).toEqual(['name', 'description', 'max_members', 'slow_mode_s'])
  expect(told['room']).toMatchObject({ name, last_seq: room.last_seq + 1 })
  await ann.call('update_room', { room_id: room.id, name, description: 'new' })
  await ann.call('update_room', { room_id: room.id })
  expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(room.last_seq + 1)
  expect(await ben.refusal('update_room', { room_id: room.id, name: unique('mine') })).toBe('forbidden')
  await ann.call('update_member', { room_id: room.id, user_id: ben.id, role: 'admin' })
  expect(await ben.refusal('update_room', { room_id: room.id, description: null })).toBe('ok')
})

test('the owner cannot leave; others can, and their rooms are gone from their list', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  expect(await ann.refusal('leave_room', { room_id: room.id })).toBe('owner_cannot_leave')
  await ben.call('leave_room', { room_id: room.id })
  expect((await ben.call('list_rooms', {})).items).toEqual([])
  expect((await ann.call('get_room', { room_id: room.id })).member_count).toBe(1)
})

test('a room handed on has one owner, and the one before is an admin', async () => {
  const [ann, ben, eve] = await house.guests(3)
  const room = await house.room(ann, [ben])
  const phone = await ben.connect()
  expect(await ben.refusal('transfer_room', { room_id: room.id, user_id: ben.id })).toBe('forbidden')
  expect(await ann.refusal('transfer_room', { room_id: room.id, user_id: eve.id })).toBe('user_not_found')
  expect(await ann.refusal('transfer_room', { room_id: room.id, user_id: ann.id })).toBe('conflict')
  const handed = await ann.answer('transfer_room', { room_id: room.id, user_id: ben.id })
  expect(handed.status).toBe(200)
  expect(handed.body).toMatchObject({ owner_id: ben.id, membership: { role: 'admin' } })
  await phone.expectEvent('room_updated', ({ changes }) => String(changes) === 'owner_id')
  expect(phone.of('member_role_changed').map(({ user_id, role }) => [user_id, role])).toEqual([
    [ann.id, 'admin'],
    [ben.id, 'owner'],
  ])
  expect(await ann.refusal('delete_room', { room_id: room.id })).toBe('forbidden')
  expect(await ann.refusal('leave_room', { room_id: room.id })).toBe('ok')
})

test('only the owner deletes a room; it is gone for all, and its name is free', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const { id: message_id } = await ann.say(room.id, 'gone soon')
  const [tablet, phone] = [await ann.connect(), await ben.connect()]
  expect(await ben.refusal('delete_room', { room_id: room.id })).toBe('forbidden')
  expect((await ann.answer('delete_room', { room_id: room.id })).status).toBe(204)
  for (const socket of [tablet, phone]) {
    await socket.expectEvent('room_deleted', ({ room_id }) => room_id === room.id)
    await socket.expectEvent('room_removed', ({ room_id, reason }) => room_id === room.id && reason === 'room_deleted')
  }
  for (const name of ['get_room', 'join_room', 'list_messages', 'delete_room', 'list_members'] as const)
    expect([name, await ann.refusal(name, { room_id: room.id })]).toEqual([name, 'room_not_found'])
  expect(await ann.refusal('get_message', { message_id })).toBe('message_not_found')
  expect(await phone.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId() })).toBe('room_not_found')
  expect((await ben.call('list_rooms', {})).items).toEqual([])
  expect(await ben.refusal('create_room', { name: room.name })).toBe('ok')
})

test('my rooms come in pages, each once', async () => {
  const ann = await house.guest()
  const made = new Set<string>()
  for (let i = 0; i < 7; i++) made.add((await house.room(ann)).id)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: { items: { id: string }[]; next_cursor: string | null } = await ann.call('list_rooms', {
      limit: 3,
      ...(cursor ? { cursor } : {}),
    })
    expect(page.items.length).toBeLessThanOrEqual(3)
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next_cursor
  } while (cursor)
  expect(seen.toSorted()).toEqual([...made].toSorted())
})

test('the directory finds public rooms by a part of their name, page by page', async () => {
  const [ann, ben] = await house.guests(2)
  const mark = clientId().slice(0, 8)
  const rooms = []
  for (const name of ['Äpfel', 'bäume', 'Zen_100%']) rooms.push(await ann.call('create_room', { name: `${name} ${mark}` }))
  await house.room(ann, [], { name: `hidden ${mark}`, is_private: true })
  const found = await ben.call('list_directory', { q: mark.toUpperCase() })
  expect(found.items.map(({ name }) => name)).toEqual([`bäume ${mark}`, `Zen_100% ${mark}`, `Äpfel ${mark}`])
  expect(found.items.every(({ last_message, membership }) => last_message === null && membership === undefined)).toBeTrue()
  expect((await ben.call('list_directory', { q: 'ÄPFEL' })).items.map(({ id }) => id)).toContain(rooms[0]?.id ?? '')
  for (const wild of ['%', '_', '\\']) {
    const names = (await ben.call('list_directory', { q: wild, limit: 100 })).items.map(({ name }) => name)
    expect(names.every((name) => name.includes(wild))).toBeTrue()
  }
  const first = await ben.call('list_directory', { q: mark, limit: 2 })
  const second = await ben.call('list_directory', { q: mark, limit: 2, cursor: first.next_cursor ?? '' })
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(found.items.map(({ id }) => id))
  expect(second.next_cursor).toBeNull()
})

test('joining and leaving by command is the same as by request', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [], { is_private: true, password: 'matcha' })
  const phone = await ben.connect()
  expect(await phone.refusal('join_room', { room_id: room.id, password: 'wrong' })).toBe('wrong_room_password')
  const joined = await phone.call('join_room', { room_id: room.id, password: 'matcha' })
  expect(joined).toMatchObject({ room: { id: room.id, member_count: 2 }, membership: { role: 'member' } })
  const added = await phone.expectEvent('room_added')
  expect(added).toMatchObject({ room: { id: room.id, last_seq: joined.room.last_seq }, membership: joined.membership })
  await phone.call('send_message', { room_id: room.id, content: 'hello', client_id: clientId() })
  await phone.expectEvent('message_sent')
  expect(await phone.call('leave_room', { room_id: room.id })).toEqual({})
  await phone.expectEvent('room_removed', ({ reason }) => reason === 'left')
  expect(await phone.refusal('leave_room', { room_id: room.id })).toBe('not_a_member') // its password keeps it visible
})
