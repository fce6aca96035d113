/** Messages: sent once, answered, mentioned, edited, deleted, recalled, and gone everywhere when they are gone. */
import { afterAll, describe, expect, test } from 'bun:test'
import { FIXED_LIMITS, type Message } from '@teahouse/protocol'
import { query } from './support/database.ts'
import { clientId, type Guest, openTeahouse, UNKNOWN, until } from './support/house.ts'

const house = await openTeahouse()
const strict = await openTeahouse({ EDIT_WINDOW_S: '600', RECALL_WINDOW_S: '600', LIMIT_MESSAGE_CHARACTERS: '20' })
afterAll(async () => {
  await house.close()
  await strict.close()
})

const logOf = async (guest: Guest, room_id: string) => (await guest.call('get_events', { room_id, after_seq: 0, limit: 100 })).items

describe('sending', () => {
  test('answers the message as everybody will see it', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const phone = await ben.connect()
    const client_id = clientId()
    const attachments = [{ url: 'https://example.org/a.png', name: '茶.png', content_type: 'image/png', size: 12, width: 3, height: 4 }]
    const { status, body, headers } = await ann.answer('send_message', {
      room_id: room.id,
      content: 'hello 🍵\n<b>not bold</b> \\ "quoted"',
      client_id,
      message_type: 'image',
      attachments,
    })
    expect([status, headers.get('idempotency-replayed')]).toEqual([201, null])
    expect(body).toMatchObject({
      room_id: room.id,
      seq: room.last_seq + 1,
      sender: ann.user,
      content: 'hello 🍵\n<b>not bold</b> \\ "quoted"',
      message_type: 'image',
      attachments,
      reply_to: null,
      mentions: [],
      reactions: [],
      pinned: false,
      edited_at: null,
      state: 'sent',
      client_id,
      on_behalf_of: null,
    })
    const heard = await phone.expectEvent('message_sent')
    expect(heard['message']).toEqual(body)
    expect(heard).toMatchObject({ event_id: body.id, seq: body.seq, actor_id: ann.id, occurred_at: body.created_at })
    expect(await ben.call('get_message', { message_id: body.id })).toEqual(body)
    expect((await ben.call('list_messages', { room_id: room.id })).items).toEqual([body])
    expect((await ben.call('get_room', { room_id: room.id })).last_message).toEqual(body)
    expect((await logOf(ben, room.id)).at(-1)?.payload).toEqual(heard as never)
  })

  test('takes what people write: any script, 10,000 code points, no more, not nothing', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const send = (content: string) => ann.refusal('send_message', { room_id: room.id, content, client_id: clientId() })
    for (const content of [
      '🍵'.repeat(10_000),
      'x',
      ' x ',
      '\u202eابجد',
      'é\u0301',
      '\u0001',
      '\ufffe',
      "'; drop table messages; --",
      '\\u0000',
    ])
      expect(await send(content)).toBe('ok')
    for (const content of ['', ' ', '\n\t\u3000', 'x'.repeat(10_001), '🍵'.repeat(10_001)])
      expect(await send(content)).toBe('validation_failed')
    const { items } = await ann.call('list_messages', { room_id: room.id, limit: 100 })
    expect(items.map(({ content }) => content).slice(1, 4)).toEqual(['x', ' x ', '\u202eابجد'])
    const lower = await strict.guest()
    const small = await strict.room(lower)
    expect(await lower.refusal('send_message', { room_id: small.id, content: '🍵'.repeat(21), client_id: clientId() })).toBe(
      'validation_failed',
    )
    expect(await lower.refusal('send_message', { room_id: small.id, content: '🍵'.repeat(20), client_id: clientId() })).toBe('ok')
  })

  test('takes attachments by their address, ten at most', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const send = (attachments: unknown) =>
      ann.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId(), attachments })
    const good = { url: 'https://example.org/a', name: 'a' }
    expect(await send(Array.from({ length: 10 }, () => good))).toBe('ok')
    for (const bad of [
      Array.from({ length: 11 }, () => good),
      [{ ...good, url: 'javascript:alert(1)' }],
      [{ ...good, url: 'data:text/html,x' }],
      [{ ...good, name: '' }],
      [{ ...good, name: 'a\0' }],
      [{ ...good, size: -1 }],
      [{ ...good, width: 0 }],
      [{ url: good.url }],
      [null],
      'x',
    ])
      expect([bad, await send(bad)]).toEqual([bad, 'validation_failed'])
  })

  test('twice with one client_id is one message, by whichever way; with other content it is refused', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const phone = await ann.connect()
    const message = { room_id: room.id, content: 'once', client_id: clientId() }
    const first = await ann.answer('send_message', message)
    const again = await ann.answer('send_message', message)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
    expect(again.body).toEqual({ ...first.body, replayed: true } as never)
    expect(await phone.call('send_message', message)).toEqual({
      message_id: first.body.id,
      seq: first.body.seq,
      created_at: first.body.created_at,
      replayed: true,
    })
    expect(await phone.call('send_message', { ...message, client_id: message.client_id.toUpperCase() })).toMatchObject({ replayed: true })
    for (const other of [
      { content: 'twice' },
      { message_type: 'file' },
      { reply_to_message_id: first.body.id },
      { attachments: [{ url: 'https://x.org', name: 'x' }] },
    ])
      expect([other, await ann.refusal('send_message', { ...message, ...other })]).toEqual([other, 'idempotency_mismatch'])
    expect(await phone.refusal('send_message', { ...message, content: 'twice' })).toBe('idempotency_mismatch')
    expect((await ben.answer('send_message', message)).status).toBe(201) // the key is one's own
    const other = await house.room(ann)
    expect((await ann.answer('send_message', { ...message, room_id: other.id })).status).toBe(201) // and the room's
    expect((await ann.call('list_messages', { room_id: room.id })).items).toHaveLength(2)
  })

  test('a message carries so many different reactions and no more, and more of those that are there', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const { id: message_id } = await ann.say(room.id, 'tea?')
    const phone = await ann.connect()
    for (let i = 0; i < FIXED_LIMITS.reactions; i++)
      await phone.call('add_reaction', { message_id, emoji: String.fromCodePoint(0x1f300 + i) })
    expect(await ben.refusal('add_reaction', { message_id, emoji: '🍵' })).toBe('conflict')
    expect(await ben.refusal('add_reaction', { message_id, emoji: String.fromCodePoint(0x1f300) })).toBe('ok')
    await ann.call('remove_reaction', { message_id, emoji: String.fromCodePoint(0x1f301) })
    expect(await ben.refusal('add_reaction', { message_id, emoji: '🍵' })).toBe('ok')
  })

  test('is reacted to by what can be seen', async () => {
    const ann = await house.guest()
    const { id: message_id } = await ann.say((await house.room(ann)).id, 'tea')
    for (const emoji of ['\ufe0f', '\u200d', '\u0301', ' ', 'a b'])
      expect([emoji, await ann.refusal('add_reaction', { message_id, emoji })]).toEqual([emoji, 'validation_failed'])
    for (const emoji of ['👩‍👩‍👧', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '❤️', '1️⃣', '茶', '%'])
      expect([emoji, await ann.refusal('add_reaction', { message_id, emoji })]).toEqual([emoji, 'ok'])
    for (const path of ['%zz', '%ff', '%ED%A0%80']) {
      const { status, code } = await house.raw(`PUT /messages/${message_id}/reactions/${path}`, { token: ann.token })
      expect([path, status, code]).toEqual([path, 400, 'malformed_request'])
    }
  })

  test('of a message that is gone nothing is kept to compare with: whatever repeats its client_id is the message that is gone', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const message = { room_id: room.id, content: 'not for long', client_id: clientId() }
    const { id } = await ann.call('send_message', message)
    await ann.call('delete_message', { message_id: id })
    for (const content of [message.content, 'a guess'])
      expect(await ann.call('send_message', { ...message, content })).toMatchObject({ id, state: 'deleted', content: '', replayed: true })
  })

  test.each(['kick_member', 'ban_user', 'delete_room'] as const)(
    'a repeat after %s shows nothing of what others say or do since',
    async (end) => {
      const [ann, ben] = await house.guests(2)
      const room = await house.room(ann, [ben], { is_private: true })
      const asked = await ann.say(room.id, 'tea?')
      const message = { room_id: room.id, content: 'yes', client_id: clientId(), reply_to_message_id: asked.id }
      const first = await ben.call('send_message', message)
      expect(first.reply_to).toMatchObject({ id: asked.id, excerpt: 'tea?' })
      await ann.call('edit_message', { message_id: asked.id, content: 'not for him' })
      await ann.call('add_reaction', { message_id: first.id, emoji: '🍵' })
      await ann.call('pin_message', { message_id: first.id })
      expect(await ben.call('send_message', message)).toMatchObject({ reply_to: { excerpt: 'not for him' }, pinned: true })
      await ann.call(end, { room_id: room.id, user_id: ben.id } as never)
      expect(await ben.answer('send_message', message)).toMatchObject({
        status: 200,
        body: { ...first, reply_to: null, reactions: [], pinned: false, replayed: true },
      })
    },
  )

  test('the first answer comes again even after an edit, a recall, a mute, or leaving', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const message = { room_id: room.id, content: 'once', client_id: clientId() }
    const { id, seq } = await ben.call('send_message', message)
    await ben.call('edit_message', { message_id: id, content: 'changed' })
    expect(await ben.answer('send_message', message)).toMatchObject({ status: 200, body: { id, seq, content: 'changed' } })
    await ben.call('recall_message', { message_id: id })
    expect(await ben.answer('send_message', message)).toMatchObject({ status: 200, body: { id, seq, content: '', state: 'recalled' } })
    await ben.call('leave_room', { room_id: room.id })
    expect(await ben.answer('send_message', message)).toMatchObject({ status: 200, body: { id, seq } })
    expect(await ben.refusal('send_message', { ...message, client_id: clientId() })).toBe('not_a_member')
  })
})

describe('answering', () => {
  test('shows whom and what, as it is now', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const asked = await ann.say(room.id, '🍵'.repeat(200))
    const reply = await ben.call('send_message', { room_id: room.id, content: 'yes', client_id: clientId(), reply_to_message_id: asked.id })
    expect(reply.reply_to).toEqual({ id: asked.id, seq: asked.seq, sender: ann.user, excerpt: '🍵'.repeat(140) })
    await ann.call('delete_message', { message_id: asked.id })
    expect((await ben.call('get_message', { message_id: reply.id })).reply_to).toMatchObject({ id: asked.id, excerpt: '' })
    const said = (await logOf(ben, room.id)).find(({ payload }) => payload.event_id === reply.id)
    expect(JSON.stringify(said)).not.toContain('🍵')
    await ben.call('edit_message', { message_id: reply.id, content: 'yes!' })
    expect(JSON.stringify(await logOf(ben, room.id))).not.toContain('🍵')
  })
  test('only messages of the same room', async () => {
    const ann = await house.guest()
    const [room, other] = [await house.room(ann), await house.room(ann)]
    const elsewhere = await ann.say(other.id, 'elsewhere')
    for (const reply_to_message_id of [elsewhere.id, UNKNOWN])
      expect(await ann.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId(), reply_to_message_id })).toBe(
        'message_not_found',
      )
    expect(await ann.refusal('send_message', { room_id: room.id, content: 'x', client_id: clientId(), reply_to_message_id: null })).toBe(
      'ok',
    )
  })
})

describe('a mention', () => {
  test('is @username of a member, in any case, not inside code', async () => {
    const [ann, ben, cat, eve] = await house.guests(4)
    const room = await house.room(ann, [ben, cat])
    const mentions = async (content: string) => (await ann.say(room.id, content)).mentions
    expect(await mentions(`@${ben.username.toUpperCase()}, look`)).toEqual([ben.id])
    expect((await mentions(`(@${ben.username}) and @${cat.username}!`)).toSorted()).toEqual([ben.id, cat.id].toSorted())
    expect(await mentions(`@${ben.username} @${ben.username}`)).toEqual([ben.id])
    expect(await mentions(`@${eve.username} is not here`)).toEqual([])
    expect(await mentions(`\`@${ben.username}\` and \`\`\`\n@${cat.username}\n\`\`\``)).toEqual([])
    expect(await mentions(`mail@${ben.username} @${ben.username}x @@${ben.username}`)).toEqual([])
    expect(await mentions(`你好@${ben.username}，看`)).toEqual([ben.id])
  })
  test('counts for whom it calls, follows an edit, and ends with the message', async () => {
    const [ann, ben, cat] = await house.guests(3)
    const room = await house.room(ann, [ben, cat])
    const counts = async (guest: Guest) => {
      const { membership } = await guest.call('get_room', { room_id: room.id })
      return [membership?.unread_count, membership?.mention_count]
    }
    const { id } = await ann.say(room.id, `@${ben.username}`)
    expect([await counts(ben), await counts(cat), await counts(ann)]).toEqual([
      [1, 1],
      [1, 0],
      [0, 0],
    ])
    const edited = await ann.call('edit_message', { message_id: id, content: `@${cat.username}` })
    expect(edited.mentions).toEqual([cat.id])
    expect([await counts(ben), await counts(cat)]).toEqual([
      [1, 0],
      [1, 1],
    ])
    await ann.call('delete_message', { message_id: id })
    expect([await counts(ben), await counts(cat)]).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

describe('an edit', () => {
  test('changes the content, tells the room, and keeps place and first text in the log', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const sent = await ann.say(room.id, 'frist')
    const phone = await ben.connect()
    const edited = await ann.call('edit_message', { message_id: sent.id, content: 'first' })
    expect(edited).toMatchObject({ id: sent.id, seq: sent.seq, content: 'first', state: 'sent', client_id: sent.client_id })
    expect(edited.edited_at).not.toBeNull()
    const event = await phone.expectEvent('message_edited')
    expect(event).toMatchObject({ seq: sent.seq + 1, actor_id: ann.id, message: edited })
    const again = await (await ann.connect()).call('edit_message', { message_id: sent.id, content: 'the first' })
    expect(again).toEqual({ seq: sent.seq + 2 })
    const log = await logOf(ben, room.id)
    expect(log.slice(-3).map(({ payload }) => (payload as { message?: Message }).message?.content)).toEqual(['frist', 'first', 'the first'])
  })
  test('is for the author alone, while the message is there', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const sent = await ben.say(room.id, 'mine')
    expect(await ann.refusal('edit_message', { message_id: sent.id, content: 'x' })).toBe('forbidden')
    await ben.call('recall_message', { message_id: sent.id })
    expect(await ben.refusal('edit_message', { message_id: sent.id, content: 'x' })).toBe('conflict')
  })
  test('ends with its window, as a recall does', async () => {
    const ann = await strict.guest()
    const room = await strict.room(ann)
    const { id: message_id } = await ann.say(room.id, 'early')
    expect(await ann.refusal('edit_message', { message_id, content: 'in time' })).toBe('ok')
    await query(strict.databaseUrl, `update messages set created_at = created_at - interval '11 minutes' where id = $1`, [message_id])
    expect(await ann.refusal('edit_message', { message_id, content: 'late' })).toBe('edit_window_closed')
    expect(await ann.refusal('recall_message', { message_id })).toBe('recall_window_closed')
    expect((await ann.call('get_message', { message_id })).state).toBe('sent')
    expect(await ann.refusal('delete_message', { message_id })).toBe('ok') // deleting has no window
  })
})

describe.each(['delete_message', 'recall_message'] as const)('%s', (act) => {
  const state = act === 'delete_message' ? 'deleted' : 'recalled'
  test('leaves an empty place, everywhere, also in the log', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const SECRET = `secret-${clientId()}`
    const sent = await ann.call('send_message', {
      room_id: room.id,
      content: `${SECRET} @${ben.username}`,
      client_id: clientId(),
      attachments: [{ url: `https://example.org/${SECRET}`, name: SECRET }],
    })
    await ann.call('edit_message', { message_id: sent.id, content: `${SECRET} again` })
    const reply = await ben.call('send_message', { room_id: room.id, content: 're', client_id: clientId(), reply_to_message_id: sent.id })
    await ben.call('edit_message', { message_id: reply.id, content: 're:' })
    await ben.call('add_reaction', { message_id: sent.id, emoji: '👍' })
    await ann.call('pin_message', { message_id: sent.id })
    await until(async () => (await ben.call('search_messages', { q: SECRET })).items.length === 1)
    const phone = await ben.connect()
    const before = (await ann.call('get_room', { room_id: room.id })).last_seq
    await ann.call(act, { message_id: sent.id })
    expect(await phone.expectEvent(`message_${state}`)).toMatchObject({ message_id: sent.id, seq: before + 1, actor_id: ann.id })
    const gone = await ben.call('get_message', { message_id: sent.id })
    expect(gone).toMatchObject({ seq: sent.seq, content: '', attachments: [], mentions: [], reactions: [], pinned: false, state })
    const late = await ben.connect({ rooms: { [room.id]: 0 } })
    for (const type of ['message_sent', 'message_edited'])
      expect(late.of(type).find(({ message }) => (message as Message).id === sent.id)).toMatchObject({ message: { content: '', state } })
    const everything = [
      await ben.call('list_messages', { room_id: room.id }),
      await logOf(ben, room.id),
      await ben.call('get_room', { room_id: room.id }),
      await ben.call('list_rooms', {}),
      await ben.call('list_pins', { room_id: room.id }),
      await ben.call('search_messages', { q: SECRET }),
      late.frames,
    ]
    expect(JSON.stringify(everything)).not.toContain(SECRET)
    expect((await ben.call('list_messages', { room_id: room.id })).items.map(({ id }) => id)).toEqual([sent.id, reply.id])
  })
  test('twice is told once', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const { id: message_id } = await ann.say(room.id, 'x')
    await ann.call(act, { message_id })
    const before = (await ann.call('get_room', { room_id: room.id })).last_seq
    expect(await ann.refusal('delete_message', { message_id })).toBe('ok')
    expect(await ann.refusal('recall_message', { message_id })).toBe('conflict')
    expect((await ann.call('get_room', { room_id: room.id })).last_seq).toBe(before)
  })
})

test('those who run the room delete for others; recalling is for the author', async () => {
  const [ann, ben, cat] = await house.guests(3)
  const room = await house.room(ann, [ben, cat])
  const [mine, his] = [await ann.say(room.id, 'of ann'), await ben.say(room.id, 'of ben')]
  expect(await cat.refusal('delete_message', { message_id: his.id })).toBe('forbidden')
  expect(await ben.refusal('delete_message', { message_id: mine.id })).toBe('forbidden')
  expect(await ann.refusal('recall_message', { message_id: his.id })).toBe('forbidden')
  expect((await ann.answer('delete_message', { message_id: his.id })).status).toBe(204)
  expect((await ann.call('get_message', { message_id: his.id })).state).toBe('deleted')
})

test('a recall under one key answers the same twice', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const { id: message_id } = await ann.say(room.id, 'x')
  const first = await ann.answer('recall_message', { message_id }, { key: 'back' })
  const again = await ann.answer('recall_message', { message_id }, { key: 'back' })
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true'])
  expect(again.body).toEqual({ ...first.body, replayed: true } as never)
})

test('every command answers with the place of its change in the log', async () => {
  const ann = await house.guest()
  const room = await house.room(ann)
  const phone = await ann.connect()
  const sent = await phone.call('send_message', { room_id: room.id, content: 'x', client_id: clientId() })
  const message = { message_id: sent.message_id }
  expect(await phone.call('add_reaction', { ...message, emoji: '🍵' })).toEqual({ seq: sent.seq + 1 })
  expect(await phone.call('add_reaction', { ...message, emoji: '🍵' })).toEqual({ seq: sent.seq + 1 })
  expect(await phone.call('remove_reaction', { ...message, emoji: '🍵' })).toEqual({ seq: sent.seq + 2 })
  expect(await phone.call('edit_message', { ...message, content: 'y' })).toEqual({ seq: sent.seq + 3 })
  expect(await phone.call('recall_message', message)).toEqual({ seq: sent.seq + 4 })
  expect(await phone.call('delete_message', message)).toEqual({ seq: sent.seq + 4 })
  expect(phone.seqs(room.id)).toEqual([2, 3, 4, 5, 6])
})
