/** History by seq, the room's log, reactions, pins and read markers. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Message, ROOM_EVENTS } from '@teahouse/protocol'
import { clientId, type Guest, openTeahouse, UNKNOWN } from './support/house.ts'
import { wrongWithEvent } from './support/witness.ts'

const house = await openTeahouse()
afterAll(() => house.close())

describe('a page of history', () => {
  let ann: Guest
  let roomId: string
  const sent: Message[] = []
  beforeAll(async () => {
    ann = await house.guest()
    roomId = (await house.room(ann)).id
    for (let i = 0; i < 12; i++) {
      sent.push(await ann.say(roomId, `message ${i}`))
      if (i % 3 === 0) await ann.call('add_reaction', { message_id: sent.at(-1)?.id ?? '', emoji: '👍' }) // seqs with gaps between messages
    }
  })
  const page = async (where: Record<string, number>) => {
    const { items, has_more_before, has_more_after } = await ann.call('list_messages', { room_id: roomId, ...where })
    return [items.map(({ seq }) => seq), has_more_before, has_more_after] as const
  }
  const seqs = () => sent.map(({ seq }) => seq)

  test('is the newest, without any place', async () => {
    expect(await page({ limit: 5 })).toEqual([seqs().slice(-5), true, false])
    expect(await page({ limit: 12 })).toEqual([seqs(), false, false])
    expect(await page({})).toEqual([seqs(), false, false])
  })
  test('before a seq, whether or not a message stands there', async () => {
    const [fifth = 0] = seqs().slice(5)
    expect(await page({ before_seq: fifth, limit: 3 })).toEqual([seqs().slice(2, 5), true, true])
    expect(await page({ before_seq: fifth, limit: 5 })).toEqual([seqs().slice(0, 5), false, true])
    expect(await page({ before_seq: 1 })).toEqual([[], false, true])
    expect(await page({ before_seq: 0 })).toEqual([[], false, true])
    expect(await page({ before_seq: 1_000_000, limit: 2 })).toEqual([seqs().slice(-2), true, false])
  })
  test('after a seq', async () => {
    const [fifth = 0] = seqs().slice(5)
    expect(await page({ after_seq: fifth, limit: 3 })).toEqual([seqs().slice(6, 9), true, true])
    expect(await page({ after_seq: fifth, limit: 6 })).toEqual([seqs().slice(6), true, false])
    expect(await page({ after_seq: 0, limit: 1 })).toEqual([seqs().slice(0, 1), false, true])
    expect(await page({ after_seq: 1_000_000 })).toEqual([[], true, false])
  })
  test('around a seq', async () => {
    const [fifth = 0] = seqs().slice(5)
    expect(await page({ around_seq: fifth, limit: 4 })).toEqual([seqs().slice(3, 7), true, true])
    expect(await page({ around_seq: fifth, limit: 1 })).toEqual([[fifth], true, true])
    expect(await page({ around_seq: 0, limit: 4 })).toEqual([seqs().slice(0, 2), false, true])
    expect(await page({ around_seq: 1_000_000, limit: 4 })).toEqual([seqs().slice(-2), true, false])
  })
  test('after page all of it comes, each once, in both directions', async () => {
    const forward: number[] = []
    for (let after_seq = 0; ; after_seq = forward.at(-1) ?? 0) {
      const [items, , more] = await page({ after_seq, limit: 5 })
      forward.push(...items)
      if (!more) break
    }
    const backward: number[] = []
    for (let before_seq = 1_000_000; ; before_seq = backward[0] ?? 0) {
      const [items, more] = await page({ before_seq, limit: 5 })
      backward.unshift(...items)
      if (!more) break
    }
    expect([forward, backward]).toEqual([seqs(), seqs()])
  })
  test('says where the log stood', async () => {
    const { last_seq } = await ann.call('list_messages', { room_id: roomId })
    expect(last_seq).toBe((await ann.call('get_room', { room_id: roomId })).last_seq)
  })
})

describe('the log', () => {
  test('of a room counts 1, 2, 3 … over everything, in any portions, by request and by command', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    for (let i = 0; i < 3; i++) {
      const { id } = await ann.say(room.id, `${i}`)
      await ben.call('add_reaction', { message_id: id, emoji: '🍵' })
      await ann.call('pin_message', { message_id: id })
    }
    await ann.call('update_room', { room_id: room.id, description: 'changed' })
    const whole = await ann.call('get_events', { room_id: room.id, after_seq: 0, limit: 100 })
    const n = whole.last_seq
    expect(whole.items.map(({ payload }) => payload.seq)).toEqual(Array.from({ length: n }, (_, i) => i + 1))
    expect([n, whole.has_more]).toEqual([12, false])
    for (const event of whole.items) {
      expect(Object.keys(ROOM_EVENTS)).toContain(event.type)
      expect(wrongWithEvent(event as never)).toEqual([])
    }
    const phone = await ben.connect()
    const parts = []
    for (let after_seq = 0, more = true; more;) {
      const part = await phone.call('get_events', { room_id: room.id, after_seq, limit: 5 })
      parts.push(...part.items)
      more = part.has_more
      after_seq += 5
    }
    expect(parts).toEqual(whole.items)
    expect(await phone.call('get_events', { room_id: room.id, after_seq: n })).toEqual({ items: [], last_seq: n, has_more: false })
    expect(await phone.call('get_events', { room_id: room.id, after_seq: n + 5 })).toEqual({ items: [], last_seq: n, has_more: false })
  })
  test('says the same as the socket said when it happened', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben])
    const phone = await ben.connect()
    const asked = await ann.say(room.id, `asked @${ben.username}`)
    await ben.call('send_message', { room_id: room.id, content: 'answered', client_id: clientId(), reply_to_message_id: asked.id })
    await ann.call('edit_message', { message_id: asked.id, content: 'asked anew' })
    await ben.call('add_reaction', { message_id: asked.id, emoji: '🍵' })
    await ben.call('remove_reaction', { message_id: asked.id, emoji: '🍵' })
    await ann.call('pin_message', { message_id: asked.id })
    await ann.call('unpin_message', { message_id: asked.id })
    await cat.call('join_room', { room_id: room.id })
    await ann.call('update_member', { room_id: room.id, user_id: cat.id, role: 'admin', muted_until: '2099-01-01T00:00:00.000Z' })
    await ann.call('kick_member', { room_id: room.id, user_id: cat.id })
    await ann.call('update_room', { room_id: room.id, description: 'x' })
    await phone.expectEvent('room_updated')
    const { items } = await ben.call('get_events', { room_id: room.id, after_seq: room.last_seq, limit: 100 })
    const heard = phone.events(room.id).map(({ type, payload }) => ({ type, payload }))
    expect(items.length).toBe(12)
    const quote = (event: { payload: object }) => JSON.stringify(event).replace(/"excerpt":"[^"]*"/, '"excerpt":""') // a quote is shown as it is now
    expect(items.map(quote)).toEqual(heard.map(quote))
  })
})

describe('a reaction', () => {
  test('counts people, says whether I am among them, and keeps the order of first use', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const { id: message_id } = await ann.say(room.id, 'x')
    expect((await ben.answer('add_reaction', { message_id, emoji: '👍' })).status).toBe(204)
    await ann.call('add_reaction', { message_id, emoji: '🍵' })
    await ann.call('add_reaction', { message_id, emoji: '👍' })
    await ann.call('add_reaction', { message_id, emoji: '👍' })
    expect((await ann.call('get_message', { message_id })).reactions).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🍵', count: 1, me: true },
    ])
    expect((await ben.call('list_messages', { room_id: room.id })).items[0]?.reactions).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🍵', count: 1, me: false },
    ])
    const before = (await ann.call('get_room', { room_id: room.id })).last_seq
    expect((await ann.answer('remove_reaction', { message_id, emoji: '🍵' })).status).toBe(204)
    expect((await ann.answer('remove_reaction', { message_id, emoji: '🍵' })).status).toBe(204)
    expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(before + 1)
    expect((await ann.call('get_message', { message_id })).reactions).toEqual([{ emoji: '👍', count: 2, me: true }])
  })
  test('may be any emoji or short word, in a path too', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const { id: message_id } = await ann.say(room.id, 'x')
    const phone = await ann.connect()
    for (const emoji of ['👍🏽', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '+1', ':tea:', '1/2', '50%', '?', '#', '茶', 'é']) {
      expect([emoji, await ann.refusal('add_reaction', { message_id, emoji })]).toEqual([emoji, 'ok'])
      expect((await ann.call('get_message', { message_id })).reactions).toEqual([{ emoji, count: 1, me: true }])
      expect([emoji, await ann.refusal('remove_reaction', { message_id, emoji })]).toEqual([emoji, 'ok'])
    }
    for (const emoji of ['', ' ', 'a b', 'x'.repeat(65), 'a\0', '\ud800', '\n', '\u200b'])
      expect([emoji, await phone.refusal('add_reaction', { message_id, emoji })]).toEqual([emoji, 'validation_failed'])
    await ann.call('delete_message', { message_id })
    expect(await ann.refusal('add_reaction', { message_id, emoji: '👍' })).toBe('conflict')
  })
})

describe('a pin', () => {
  test('is set and taken away by those who run the room, and listed last first', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const messages = [await ben.say(room.id, '0'), await ben.say(room.id, '1'), await ben.say(room.id, '2')]
    const phone = await ben.connect()
    for (const { id } of messages) expect(await ben.refusal('pin_message', { message_id: id })).toBe('forbidden')
    for (const { id } of messages) expect((await ann.answer('pin_message', { message_id: id })).status).toBe(204)
    await ann.call('pin_message', { message_id: messages[0]?.id ?? '' }) // as it is
    await phone.expectEvent('message_pinned', ({ message_id }) => message_id === messages[2]?.id)
    expect(phone.of('message_pinned')).toHaveLength(3)
    const first = await ben.call('list_pins', { room_id: room.id, limit: 2 })
    const second = await ben.call('list_pins', { room_id: room.id, limit: 2, cursor: first.next_cursor ?? '' })
    expect([...first.items, ...second.items].map(({ content, pinned }) => [content, pinned])).toEqual([
      ['2', true],
      ['1', true],
      ['0', true],
    ])
    expect(await ben.refusal('unpin_message', { message_id: messages[1]?.id })).toBe('forbidden')
    expect((await ann.answer('unpin_message', { message_id: messages[1]?.id ?? '' })).status).toBe(204)
    await ann.call('unpin_message', { message_id: messages[1]?.id ?? '' })
    await phone.expectEvent('message_unpinned')
    await ann.call('delete_message', { message_id: messages[2]?.id ?? '' })
    expect((await ben.call('list_pins', { room_id: room.id })).items.map(({ content }) => content)).toEqual(['0'])
    expect(await ann.refusal('pin_message', { message_id: messages[2]?.id })).toBe('conflict')
  })
})

describe('the read marker', () => {
  test('moves forward only, not past the end, and the other devices hear of it', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    for (let i = 0; i < 3; i++) await ann.say(room.id, `@${ben.username} ${i}`)
    const [phone, tablet] = [await ben.connect(), await ben.connect()]
    const at = room.last_seq
    expect(phone.ready.rooms[0]?.membership).toMatchObject({ last_read_seq: at, unread_count: 3, mention_count: 3 })
    expect(await phone.call('mark_read', { room_id: room.id, seq: at + 2 })).toEqual({
      last_read_seq: at + 2,
      unread_count: 1,
      mention_count: 1,
    })
    const moved = { room_id: room.id, last_read_seq: at + 2, unread_count: 1, mention_count: 1 }
    for (const socket of [phone, tablet]) expect(await socket.expectEvent('read_marker_moved')).toMatchObject(moved)
    expect(await phone.call('mark_read', { room_id: room.id, seq: at })).toMatchObject({ last_read_seq: at + 2 })
    const { status, body } = await ben.answer('mark_read', { room_id: room.id, seq: 1_000_000 })
    expect([status, body.last_read_seq, body.unread_count, body.mention_count, body.role]).toEqual([200, at + 3, 0, 0, 'member'])
    await tablet.expectEvent('read_marker_moved', ({ last_read_seq }) => last_read_seq === at + 3)
    expect(tablet.of('read_marker_moved')).toHaveLength(2)
    expect(await ben.refusal('mark_read', { room_id: UNKNOWN, seq: 1 })).toBe('room_not_found')
  })
  test('moves with what one sends oneself', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    await ann.say(room.id, 'unread')
    const mine = await ben.say(room.id, 'so I was here')
    expect((await ben.call('get_room', { room_id: room.id })).membership).toMatchObject({ last_read_seq: mine.seq, unread_count: 0 })
  })
  test('counts messages of others that still exist, up to a hundred, and starts where one joined', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben])
    const phone = await ann.connect()
    const sent = await Promise.all(
      Array.from({ length: 105 }, (_, i) =>
        phone.call('send_message', { room_id: room.id, content: `@${ben.username} ${i}`, client_id: clientId() }),
      ),
    )
    const mine = async (guest: Guest) => (await guest.call('list_rooms', {})).items[0]?.membership
    expect(await mine(ben)).toMatchObject({ unread_count: 100, mention_count: 100 })
    for (const { message_id } of sent.slice(0, 10)) await phone.call('delete_message', { message_id })
    expect(await mine(ben)).toMatchObject({ unread_count: 95, mention_count: 95 })
    for (const { message_id } of sent.slice(10, 12)) await phone.call('add_reaction', { message_id, emoji: '🍵' }) // no message
    expect(await mine(ben)).toMatchObject({ unread_count: 95 })
    const joined = await cat.call('join_room', { room_id: room.id })
    expect(joined.membership).toMatchObject({ last_read_seq: joined.last_seq, unread_count: 0 })
  })
})
