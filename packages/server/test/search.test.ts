/** Search: in one's own rooms only, in any script, without what is gone. */
import { afterAll, expect, test } from 'bun:test'
import { type Guest, openTeahouse, UNKNOWN, until } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())
const contents = async (guest: Guest, query: { q: string; room_id?: string; from_user_id?: string; after?: string; before?: string }) =>
  (await guest.call('search_messages', { ...query, limit: 100 })).items.map(({ message }) => message.content)
const finds = (guest: Guest, q: string, content: string) =>
  until(async () => (await contents(guest, { q })).includes(content), { what: `${content} to be found` })

test('finds words by their beginning, without regard to case, all of them, in any order', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  for (const content of ['Oolong from Fujian', 'the OOLONGS of Taiwan', 'green tea', 'ｆｕｌｌ width', 'C++ & <tags>', "it's 100%"])
    await ann.say(room.id, content)
  await finds(ann, '100', "it's 100%")
  expect(await contents(ann, { q: 'oolong' })).toEqual(['the OOLONGS of Taiwan', 'Oolong from Fujian'])
  expect(await contents(ann, { q: 'fuj OOL' })).toEqual(['Oolong from Fujian'])
  expect(await contents(ann, { q: 'long' })).toEqual([])
  expect(await contents(ann, { q: 'full' })).toEqual(['ｆｕｌｌ width'])
  for (const q of ['%', '_', "'", "' | '", '!!', '\\', ':*', '()', '🍵', '& | !'])
    expect(Array.isArray(await contents(ann, { q }))).toBeTrue()
})

test('finds what is written without spaces, by any part of it', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  for (const content of ['今天去茶馆聊天', '喝茶', 'お茶をください', '차를 마시다']) await ann.say(room.id, content)
  await finds(ann, '마시다', '차를 마시다')
  expect(await contents(ann, { q: '茶馆' })).toEqual(['今天去茶馆聊天'])
  expect(await contents(ann, { q: '馆茶' })).toEqual([])
  expect((await contents(ann, { q: '茶' })).toSorted()).toEqual(['お茶をください', '今天去茶馆聊天', '喝茶'].toSorted())
  expect(await contents(ann, { q: '茶馆聊天 今天' })).toEqual(['今天去茶馆聊天'])
})

test('says where the words stand', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  await ann.say(room.id, '🍵 Darjeeling, second darjeelings 茶馆')
  await finds(ann, 'second', '🍵 Darjeeling, second darjeelings 茶馆')
  const [found] = (await ann.call('search_messages', { q: 'darjeeling 茶馆' })).items
  const marked = found?.highlights.map(({ start, end }) => found.message.content.slice(start, end))
  expect(marked).toEqual(['Darjeeling', 'darjeeling', '茶馆'])
})

test('looks into the rooms of the one who asks, and into no other', async () => {
  const [ann, ben] = await house.guests(2)
  const [shared, alone] = [await house.room(ann, [ben]), await house.room(ann)]
  await ann.say(shared.id, 'pu-erh for both')
  await ann.say(alone.id, 'pu-erh for me')
  await finds(ann, 'erh', 'pu-erh for me')
  expect(await contents(ben, { q: 'erh' })).toEqual(['pu-erh for both'])
  expect(await ben.refusal('search_messages', { q: 'erh', room_id: alone.id })).toBe('not_a_member')
  expect(await ben.refusal('search_messages', { q: 'erh', room_id: UNKNOWN })).toBe('room_not_found')
  await ben.call('leave_room', { room_id: shared.id })
  expect(await contents(ben, { q: 'erh' })).toEqual([])
})

test('narrows by room, sender and time, and comes in pages, the newest first', async () => {
  const [ann, ben] = await house.guests(2)
  const [one, other] = [await house.room(ann, [ben]), await house.room(ann, [ben])]
  const first = await ann.say(one.id, 'sencha 1')
  await ben.say(one.id, 'sencha 2')
  const third = await ann.say(other.id, 'sencha 3')
  await finds(ann, 'sencha', 'sencha 3')
  expect(await contents(ann, { q: 'sencha' })).toEqual(['sencha 3', 'sencha 2', 'sencha 1'])
  expect(await contents(ann, { q: 'sencha', room_id: one.id })).toEqual(['sencha 2', 'sencha 1'])
  expect(await contents(ann, { q: 'sencha', from_user_id: ben.id })).toEqual(['sencha 2'])
  expect(await contents(ann, { q: 'sencha', after: first.created_at })).not.toContain('sencha 1')
  expect(await contents(ann, { q: 'sencha', before: third.created_at.replace('Z', '+00:00') })).not.toContain('sencha 3')
  expect(await contents(ann, { q: 'sencha', before: '1999-01-01T00:00:00Z' })).toEqual([])
  const page = await ann.call('search_messages', { q: 'sencha', limit: 2 })
  const rest = await ann.call('search_messages', { q: 'sencha', limit: 2, cursor: page.next_cursor ?? '' })
  expect([...page.items, ...rest.items].map(({ message }) => message.content)).toEqual(['sencha 3', 'sencha 2', 'sencha 1'])
  expect(rest.next_cursor).toBeNull()
})

test('follows edits, and forgets what is gone', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const { id: message_id } = await ann.say(room.id, 'keemun')
  await finds(ann, 'keemun', 'keemun')
  await ann.call('edit_message', { message_id, content: 'yunnan' })
  await finds(ann, 'yunnan', 'yunnan')
  expect(await contents(ann, { q: 'keemun' })).toEqual([])
  await ann.call('recall_message', { message_id })
  expect(await contents(ann, { q: 'yunnan' })).toEqual([])
})

test('a message deleted before the index saw it is never found', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const marks = []
  for (let i = 0; i < 20; i++) {
    const { id } = await ann.say(room.id, `fleeting ${i}`)
    await ann.call('delete_message', { message_id: id })
  }
  marks.push(await ann.say(room.id, 'lasting'))
  await finds(ann, 'lasting', 'lasting')
  expect(await contents(ann, { q: 'fleeting' })).toEqual([])
})
