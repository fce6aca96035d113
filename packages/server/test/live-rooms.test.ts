/** Rooms as they happen: every event once, in order, from the right place on, and nothing after one is out. */
import { afterAll, describe, expect, test } from 'bun:test'
import { clientId, type Entered, type Guest, openTeahouse, Refused, until } from './support/house.ts'

const house = await openTeahouse()
afterAll(() => house.close())

/** Sends until told to stop; answers how many were sent. */
function chatter(socket: Entered, roomId: string): () => Promise<number> {
  let going = true
  let sent = 0
  const run = async () => {
    for (; going; sent++) await socket.call('send_message', { room_id: roomId, content: `${sent}`, client_id: clientId() })
  }
  const running = run().catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error // a deleted room takes no message
  })
  return async () => {
    going = false
    await running
    return sent
  }
}

const caughtUpWith = (socket: Entered, guest: Guest, roomId: string) =>
  until(async () => socket.listener.rooms.get(roomId)?.at === (await guest.call('get_room', { room_id: roomId })).last_seq)

describe('after ready', () => {
  test('the first event is the one after last_seq, however busy the room is', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const stop = chatter(await ann.connect(), room.id)
    const sockets: Entered[] = []
    for (let i = 0; i < 12; i++) sockets.push(i % 2 ? await ben.connect() : await ben.connectAtOnce())
    await stop()
    for (const socket of sockets) {
      await caughtUpWith(socket, ben, room.id)
      const start = socket.ready.rooms[0]?.last_seq ?? 0
      const seqs = socket.seqs(room.id)
      expect(seqs).toEqual(seqs.map((_, i) => start + 1 + i))
    }
  })

  test('a renewal in the middle of it loses and repeats nothing, and ready says where the socket stands', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const phone = await ben.connect()
    const stops = [chatter(await ann.connect(), room.id), chatter(await ann.connect(), room.id)]
    for (let i = 0; i < 15; i++) await phone.ask('authenticate', { token: ben.token })
    for (const stop of stops) await stop()
    await caughtUpWith(phone, ben, room.id)
    const seqs = phone.seqs(room.id)
    expect(seqs).toEqual(seqs.map((_, i) => room.last_seq + 1 + i))
  })

  test('an empty list of rooms is a list of rooms', async () => {
    const ann = await house.guest()
    expect((await ann.connect()).ready.rooms).toEqual([])
  })
})

describe('a room joined while connected', () => {
  test.each(['join_room', 'add_member', 'join_by_invite', 'open_direct_room', 'create_room'] as const)(
    'by %s is announced to all devices, and goes on from there',
    async (way) => {
      const [ann, ben] = await house.guests(2)
      const [phone, tablet] = [await ben.connect(), await ben.connect()]
      const room = way.startsWith('open') || way === 'create_room' ? null : await house.room(ann)
      const joined = await {
        join_room: () => ben.call('join_room', { room_id: room?.id ?? '' }),
        add_member: () => ann.call('add_member', { room_id: room?.id ?? '', user_id: ben.id }),
        join_by_invite: async () =>
          ben.call('join_by_invite', { code: (await ann.call('create_invite', { room_id: room?.id ?? '' })).code }),
        open_direct_room: () => ann.call('open_direct_room', { user_ids: [ben.id] }),
        create_room: () => ben.call('create_room', { name: `mine ${clientId()}` }),
      }[way]()
      const roomId = room?.id ?? ('id' in joined ? joined.id : '')
      for (const socket of [phone, tablet]) {
        const added = await socket.expectEvent('room_added', (payload) => (payload['room'] as { id: string }).id === roomId)
        await ben.say(roomId, 'hello')
        await caughtUpWith(socket, ben, roomId)
        const { last_seq } = added['room'] as { last_seq: number }
        const head = (await ben.call('get_room', { room_id: roomId })).last_seq
        expect(socket.seqs(roomId)).toEqual(Array.from({ length: head - last_seq }, (_, i) => last_seq + 1 + i))
      }
      if (way !== 'open_direct_room') expect(tablet.of('room_added')).toHaveLength(1)
    },
  )

  test('while everybody talks has no hole at its beginning', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const stops = [chatter(await ann.connect(), room.id), chatter(await ann.connect(), room.id)]
    const guests = await house.guests(10)
    const sockets = await Promise.all(guests.map((guest) => guest.connect()))
    await Promise.all(guests.map((guest) => guest.call('join_room', { room_id: room.id })))
    for (const stop of stops) await stop()
    for (const [i, socket] of sockets.entries()) await caughtUpWith(socket, guests[i] as Guest, room.id)
  })

  test('left and joined again and again is heard whenever one is in it', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann)
    const phone = await ben.connect()
    const stop = chatter(await ann.connect(), room.id)
    for (let i = 0; i < 10; i++) {
      await phone.call('join_room', { room_id: room.id })
      if (i % 3 === 0) await phone.call('send_message', { room_id: room.id, content: 'me', client_id: clientId() })
      await phone.call('leave_room', { room_id: room.id })
    }
    await phone.call('join_room', { room_id: room.id })
    await stop()
    await caughtUpWith(phone, ben, room.id)
    expect(phone.of('room_added')).toHaveLength(11)
    expect(phone.of('room_removed')).toHaveLength(10)
  })
})

test('rooms that come and go while the socket renews itself are heard as they should be', async () => {
  const [ann, ben] = await house.guests(2)
  const rooms = await Promise.all(Array.from({ length: 4 }, () => house.room(ann)))
  const phone = await ben.connect()
  const speaker = await ann.connect()
  const stops = rooms.map(({ id }) => chatter(speaker, id))
  const moving = rooms.map(async ({ id }, i) => {
    for (let times = 0; times < 10; times++) {
      await ben.call('join_room', { room_id: id })
      if (i % 2) await ben.say(id, 'hello')
      await ben.call('leave_room', { room_id: id })
    }
    await ben.call('join_room', { room_id: id })
  })
  let going = true
  const renewing = (async () => {
    while (going) await phone.ask('authenticate', { token: ben.token })
  })()
  await Promise.all(moving)
  going = false
  await renewing
  for (const stop of stops) await stop()
  for (const { id } of rooms) await caughtUpWith(phone, ben, id)
  expect(house.wrong).toEqual([])
})

test('a room joined and left in one breath, again and again, is heard on all devices only while one is in it', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann) // nobody listens to it, so that beginning to listen takes its time
  const [phone, tablet] = [await ben.connect(), await ben.connect()]
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, i) => phone.refusal(i % 2 ? 'leave_room' : 'join_room', { room_id: room.id })),
  )
  expect(outcomes).toEqual(outcomes.map(() => 'ok'))
  await phone.call('join_room', { room_id: room.id })
  await ann.say(room.id, 'still here?')
  for (const socket of [phone, tablet]) await caughtUpWith(socket, ben, room.id)
  expect(house.wrong).toEqual([])
})

describe('after room_removed', () => {
  test.each(['leave', 'kick', 'ban', 'delete'] as const)('by %s nothing of the room follows, on any device', async (way) => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet, witness] = [await ben.connect(), await ben.connect(), await ann.connect()]
    const stop = chatter(await ann.connect(), room.id)
    const target = { room_id: room.id, user_id: ben.id }
    if (way === 'leave') await ben.call('leave_room', { room_id: room.id })
    if (way === 'kick') await ann.call('kick_member', target)
    if (way === 'ban') await ann.call('ban_user', target)
    if (way === 'delete') await ann.call('delete_room', { room_id: room.id })
    for (const socket of [phone, tablet]) await socket.expectEvent('room_removed')
    if (way !== 'delete') {
      await witness.call('typing_start', { room_id: room.id })
      await witness.call('send_message', { room_id: room.id, content: 'more', client_id: clientId() })
    }
    await stop()
    const last = { leave: 'user_left_room', kick: 'member_kicked', ban: 'member_kicked', delete: 'room_deleted' }[way]
    for (const socket of [phone, tablet]) {
      await socket.fence()
      const heard = socket.frames.filter(({ payload }) => payload['room_id'] === room.id).map(({ type }) => type)
      expect(heard.at(-1)).toBe('room_removed')
      expect([last, 'message_sent']).toContain(heard.at(-2) ?? '') // the room's stream may be behind the word of the removal
    }
  })
})

describe('commands of one socket', () => {
  test('run in the order in which they were sent, and are answered in it', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann, [ben])
    const [phone, tablet] = [await ben.connect(), await ann.connect()]
    const calls: Promise<unknown>[] = []
    for (let i = 0; i < 150; i++) {
      calls.push(phone.ask('send_message', { room_id: room.id, content: `${i}`, client_id: clientId() }))
      if (i % 10 === 5) calls.push(phone.ask('heartbeat', {}))
      if (i % 25 === 7) calls.push(phone.ask('mark_read', { room_id: room.id, seq: room.last_seq + i }))
    }
    await Promise.all(calls)
    const answered = phone.frames.filter(({ type }) => type === 'reply').map(({ id }) => Number(id))
    expect(answered).toEqual(answered.toSorted((a, b) => a - b))
    await caughtUpWith(tablet, ann, room.id)
    expect(tablet.of('message_sent').map(({ message }) => (message as { content: string }).content)).toEqual(
      Array.from({ length: 150 }, (_, i) => `${i}`),
    )
  })
  test('may build on each other without waiting', async () => {
    const [ann, ben] = await house.guests(2)
    const room = await house.room(ann)
    const phone = await ben.connect()
    const outcomes = await Promise.all([
      phone.refusal('send_message', { room_id: room.id, content: 'too early', client_id: clientId() }),
      phone.refusal('join_room', { room_id: room.id }),
      phone.refusal('send_message', { room_id: room.id, content: 'inside', client_id: clientId() }),
      phone.refusal('leave_room', { room_id: room.id }),
      phone.refusal('send_message', { room_id: room.id, content: 'too late', client_id: clientId() }),
    ])
    expect(outcomes).toEqual(['not_a_member', 'ok', 'ok', 'ok', 'not_a_member'])
  })
  test('without an id are done and not answered, unless they fail', async () => {
    const ann = await house.guest()
    const room = await house.room(ann)
    const phone = await ann.connect()
    const say = (type: string, payload: object) => phone.say(JSON.stringify({ type, payload }))
    say('send_message', { room_id: room.id, content: 'quietly', client_id: clientId() })
    say('set_presence', { status: 'away' })
    say('ping', {})
    await phone.expectEvent('message_sent')
    await phone.expectEvent('pong')
    say('send_message', { room_id: room.id, content: '', client_id: clientId() })
    expect(await phone.expectEvent('error')).toMatchObject({ code: 'validation_failed' })
    expect(phone.of('reply')).toEqual([])
  })
  test('may have any id of 1 to 64 characters', async () => {
    const phone = await (await house.guest()).connect()
    for (const id of ['x', '🍵'.repeat(64), '"\\\u2028</script>', ' ', '__proto__']) {
      phone.say(JSON.stringify({ type: 'ping', id }))
      await phone.until(() => phone.frames.some((frame) => frame.type === 'pong' && frame.id === id))
      phone.say(JSON.stringify({ type: 'heartbeat', id, payload: {} }))
      await phone.until(() => phone.frames.some((frame) => frame.type === 'reply' && frame.id === id))
    }
    house.wrong.splice(0, house.wrong.length, ...house.wrong.filter((problem) => !problem.startsWith('a reply to nobody')))
  })
  test('a heartbeat tells where each room stands', async () => {
    const [ann, ben] = await house.guests(2)
    const [one, other] = [await house.room(ann, [ben]), await house.room(ben, [ann])]
    const phone = await ben.connect()
    for (let i = 0; i < 3; i++) await ann.say(one.id, `${i}`)
    await phone.expectEvent('message_sent', ({ seq }) => seq === one.last_seq + 3)
    expect((await phone.call('heartbeat', {})).heads).toEqual({ [one.id]: one.last_seq + 3, [other.id]: other.last_seq })
  })
})

test('what one does is told to all devices of oneself', async () => {
  const [ann, ben] = await house.guests(2)
  const room = await house.room(ann, [ben])
  const [phone, tablet] = [await ben.connect(), await ben.connect()]
  await ann.say(room.id, 'read me')
  await phone.call('mark_read', { room_id: room.id, seq: room.last_seq + 1 })
  await tablet.expectEvent('read_marker_moved')
  await ben.call('update_me', { display_name: 'Ben the Second' })
  for (const socket of [phone, tablet])
    await socket.expectEvent('user_updated', ({ user }) => (user as { display_name: string }).display_name === 'Ben the Second')
  await phone.call('send_message', { room_id: room.id, content: 'as the second', client_id: clientId() })
  const heard = await tablet.expectEvent('message_sent', ({ actor_id }) => actor_id === ben.id)
  expect(heard['message']).toMatchObject({ sender: { display_name: 'Ben the Second' } })
})
