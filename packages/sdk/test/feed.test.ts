/** Order: repeats, holes, swapped pairs, rooms that come and go, rooms that are started anew. */
import { afterEach, expect, test } from 'bun:test'
import { refuse } from './support/fake-server.ts'
import { ANN, id, ME, MY_USER, newJoinedRoom, newMessage, OTHER_ROOM, ROOM, roomEvent, sent, userEvent } from './support/samples.ts'
import { clearStages, comeBack, liveClient, phaseOf, setStage } from './support/stage.ts'
import { until } from './support/until.ts'

afterEach(clearStages)

const room = newJoinedRoom({ last_seq: 3 })
const page = (items: unknown[], last_seq: number, has_more = false) => ({ items, last_seq, has_more })

/** A live client in one room at seq 3, and the seqs that its listeners heard. */
async function listening() {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room], { user_seq: 1 })
  const heard: number[] = []
  client.on('message_sent', ({ seq }) => heard.push(seq))
  return { stage, client, socket, heard, head: () => client.view(`room:${ROOM}`)?.last_seq }
}

test('a repeat is heard once, and asked for by nobody', async () => {
  const { stage, socket, heard, head } = await listening()
  socket.tell(sent(4), sent(4), sent(3), sent(5), sent(4))
  await until(() => head() === 5)
  await stage.clock.advance(1_000)
  expect(heard).toEqual([4, 5])
  expect(socket.frames.size).toBe(0)
})

test('a swapped pair is put in order without asking', async () => {
  const { stage, socket, heard, head } = await listening()
  socket.tell(sent(5), sent(4), sent(6))
  await until(() => head() === 6)
  await stage.clock.advance(1_000)
  expect(heard).toEqual([4, 5, 6])
  expect(socket.frames.size).toBe(0)
})

test('a hole is filled from the log, page by page, and what came early follows', async () => {
  const { stage, socket, heard, head } = await listening()
  socket.tell(sent(8))
  await until(() => stage.clock.waiting() > 3)
  await stage.clock.advance(300)
  const first = await socket.expect('get_events')
  expect(first.payload).toMatchObject({ room_id: ROOM, after_seq: 3 })
  socket.reply(first.id, page([sent(4), sent(5)], 8, true))
  const second = await socket.expect('get_events')
  expect(second.payload.after_seq).toBe(5)
  socket.reply(second.id, page([sent(6), sent(7)], 8))
  await until(() => head() === 8)
  expect(heard).toEqual([4, 5, 6, 7, 8])
})

test('events that arrive while a hole is filled are neither lost nor doubled', async () => {
  const { stage, socket, heard, head } = await listening()
  socket.tell(sent(6))
  await until(() => stage.clock.waiting() > 3)
  await stage.clock.advance(300)
  const asked = await socket.expect('get_events')
  socket.tell(sent(7), sent(8))
  socket.reply(asked.id, page([sent(4), sent(5), sent(6), sent(7)], 8))
  await until(() => head() === 8)
  expect(heard).toEqual([4, 5, 6, 7, 8])
})

test('the heads of a heartbeat reveal what never arrived', async () => {
  const { stage, client, socket, heard, head } = await listening()
  await stage.clock.advance(12_500)
  const beat = await socket.expect('heartbeat')
  socket.reply(beat.id, { server_time: new Date().toISOString(), heads: { [ROOM]: 5 } })
  socket.say('user_typing', { room_id: ROOM, user_id: ANN.id })
  await until(() => client.view(`typing:${ROOM}`).length === 1) // then the answer was heard too
  await stage.clock.advance(2_000)
  const asked = await socket.expect('get_events')
  socket.reply(asked.id, page([sent(4), sent(5)], 5))
  await until(() => head() === 5)
  expect(heard).toEqual([4, 5])
})

test('an event that was only slow after a heartbeat is not asked for', async () => {
  const { stage, socket, head } = await listening()
  await stage.clock.advance(12_500)
  const beat = await socket.expect('heartbeat')
  socket.reply(beat.id, { server_time: new Date().toISOString(), heads: { [ROOM]: 4 } })
  socket.tell(sent(4))
  await until(() => head() === 4)
  await stage.clock.advance(5_000)
  expect(socket.frames.size).toBe(0)
})

test('a room that the heads do not name any more is asked for, and lost', async () => {
  const { stage, client, socket } = await listening()
  stage.server.route('get_room', () => refuse('room_not_found'))
  await stage.clock.advance(12_500)
  const beat = await socket.expect('heartbeat')
  socket.reply(beat.id, { server_time: new Date().toISOString(), heads: {} })
  socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
  await stage.clock.advance(2_000)
  await until(() => client.view('rooms').length === 0)
  expect(client.view(`departure:${ROOM}`)?.reason).toBeNull()
})

test('a hole that the log will not fill ends with the room being looked at as a whole', async () => {
  const { stage, client, socket, head } = await listening()
  const fresh = newJoinedRoom({ last_seq: 9, last_message: newMessage(9) })
  let asked = 0
  stage.server.route('get_room', () => (asked++, fresh))
  socket.tell(sent(8))
  await until(() => stage.clock.waiting() > 3)
  void (async () => {
    for (;;) {
      const frame = await socket.frames.take('a command')
      if (frame.type === 'get_events') socket.reply(frame.id ?? '', page([], 8))
    }
  })().catch(() => {})
  await until(async () => (await stage.pass(250), asked > 0))
  await until(stage.server.isQuiet)
  expect(head()).toBe(3) // the events are still missing, and nothing was shown that does not hold
  expect(phaseOf(client)).toBe('live')
})

test('a room that is added is heard from its next event on, even when they swap', async () => {
  const { client, socket } = await listening()
  const { membership, ...added } = newJoinedRoom({ id: OTHER_ROOM, name: 'new', last_seq: 1 })
  socket.tell(sent(2, { room_id: OTHER_ROOM }), userEvent('room_added', 2, { room: added, membership }), sent(3, { room_id: OTHER_ROOM }))
  await until(() => client.view(`room:${OTHER_ROOM}`)?.last_seq === 3)
  expect(client.view('rooms')).toHaveLength(2)
})

test('a room that I came into late is fetched for its last message', async () => {
  const { stage, client, socket } = await listening()
  stage.server.route('get_room', () =>
    newJoinedRoom({ id: OTHER_ROOM, last_seq: 40, last_message: newMessage(39, { room_id: OTHER_ROOM }) }),
  )
  const { membership, ...added } = newJoinedRoom({ id: OTHER_ROOM, last_seq: 40, membership: { last_read_seq: 40 } })
  socket.tell(userEvent('room_added', 2, { room: added, membership }))
  await until(() => client.view('rooms').length === 2)
  await stage.clock.advance(1_000)
  await until(() => client.view(`room:${OTHER_ROOM}`)?.last_message?.seq === 39)
})

for (const reason of ['kicked', 'banned', 'left', 'room_deleted'] as const)
  test(`a room that is taken away (${reason}) is gone with its reason, and nothing of it follows`, async () => {
    const { client, socket } = await listening()
    socket.tell(userEvent('room_removed', 2, { room_id: ROOM, reason }), sent(4))
    await until(() => client.view('rooms').length === 0)
    expect(client.view(`departure:${ROOM}`)).toMatchObject({ reason, room: { id: ROOM } })
    expect(client.view(`timeline:${ROOM}`)).toBeUndefined()
  })

test('a kick that the room tells of removes me at once', async () => {
  const { client, socket } = await listening()
  socket.tell(roomEvent('member_kicked', 4, { user_id: ME.id, until: null, banned: true, member_count: 1 }))
  await until(() => client.view('rooms').length === 0)
  expect(client.view(`departure:${ROOM}`)?.reason).toBe('banned')
})

test('a room whose removal I missed is gone after coming back, with the reason that follows', async () => {
  const { stage, client, socket } = await listening()
  const back = await comeBack(stage, client, () => socket.cut(), [], { user_seq: 2 })
  await until(() => client.view('rooms').length === 0)
  expect(client.view(`departure:${ROOM}`)?.reason).toBeNull()
  back.socket.tell(userEvent('room_removed', 2, { room_id: ROOM, reason: 'kicked' }))
  back.socket.say('caught_up', { rooms: {}, reset: [] })
  await until(() => client.view(`departure:${ROOM}`)?.reason === 'kicked')
})

test('a hole in my own events is filled by resuming on a new line', async () => {
  const { stage, client, socket } = await listening()
  socket.tell(userEvent('notification', 4, { notification: {} }))
  await until(() => phaseOf(client) === 'waiting')
  const heard: number[] = []
  client.on('notification', ({ user_seq }) => heard.push(user_seq))
  await stage.clock.advance(1_000)
  const next = await stage.server.nextSocket()
  const { id, payload } = await next.expect('authenticate')
  expect(payload.resume?.user_seq).toBe(1)
  next.say('ready', { user: ME, session_id: id, connection_id: id, rooms: [room], user_seq: 4 }, id)
  next.tell(...[2, 3, 4, 4].map((seq) => userEvent('notification', seq, { notification: {} })))
  next.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [] })
  await until(() => phaseOf(client) === 'live')
  expect(heard).toEqual([2, 3, 4])
})

test('a room that is reset starts anew in place, and what comes after goes on', async () => {
  const { stage, client, socket, heard } = await listening()
  stage.server.route('list_messages', () => ({
    items: [newMessage(2), newMessage(3)],
    has_more_before: false,
    has_more_after: false,
    last_seq: 3,
  }))
  await client.loadLatest(ROOM)
  const epoch = client.view(`timeline:${ROOM}`)?.epoch
  const far = newJoinedRoom({ last_seq: 900, last_message: newMessage(900), membership: { unread_count: 100 } })
  const back = await comeBack(stage, client, () => socket.cut(), [far])
  back.socket.tell(sent(901)) // live before caught_up
  back.socket.say('caught_up', { rooms: { [ROOM]: 901 }, reset: [ROOM] })
  back.socket.tell(sent(902))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 902)
  const timeline = client.view(`timeline:${ROOM}`)
  expect(timeline?.epoch).toBe((epoch ?? 0) + 1)
  expect(timeline?.spans.map(({ from, messages }) => [from, messages.map(({ seq }) => seq)])).toEqual([[900, [900, 901, 902]]])
  expect(heard).toEqual([901, 902])
})

test('a server that knows less than we do (a restored backup) starts the room anew', async () => {
  const { stage, client, socket } = await listening()
  socket.tell(sent(4), sent(5))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 5)
  const back = await comeBack(stage, client, () => socket.cut(), [
    newJoinedRoom({ last_seq: 4, last_message: newMessage(4, { content: 'another history' }) }),
  ])
  back.socket.say('caught_up', { rooms: {}, reset: [ROOM] })
  await until(() => phaseOf(client) === 'live')
  expect(client.view(`room:${ROOM}`)).toMatchObject({ last_seq: 4, last_message: { content: 'another history' } })
})

test('a backlog is one change for those who watch', async () => {
  const { stage, client, socket } = await listening()
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 203, last_message: newMessage(203) })])
  await until(() => phaseOf(client) === 'catching_up')
  let changes = 0
  client.subscribe(`timeline:${ROOM}`, () => changes++)
  back.socket.tell(...Array.from({ length: 200 }, (_, i) => sent(4 + i)))
  back.socket.say('caught_up', { rooms: { [ROOM]: 203 }, reset: [] })
  await until(() => phaseOf(client) === 'live')
  expect(client.view(`room:${ROOM}`)?.last_seq).toBe(203)
  expect(changes).toBe(1)
})

test('what was heard before a reconnect is not heard again after it', async () => {
  const { stage, client, socket, heard } = await listening()
  socket.tell(sent(4))
  await until(() => heard.length === 1)
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 5, last_message: newMessage(5) })])
  back.socket.tell(sent(4), sent(5))
  back.socket.say('caught_up', { rooms: { [ROOM]: 5 }, reset: [] })
  await until(() => heard.length === 2)
  expect(heard).toEqual([4, 5])
})

test('a message of mine on another device moves my marker; people are known by what they send', async () => {
  const { client, socket } = await listening()
  socket.tell(sent(4), sent(5, { sender: MY_USER }), sent(6, { mentions: [ME.id], sender: { ...ANN, display_name: 'Ann the Great' } }))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 6)
  expect(client.view(`room:${ROOM}`)?.membership).toMatchObject({ last_read_seq: 5, unread_count: 1, mention_count: 1 })
  expect(client.view('totals')).toEqual({ unread: 1, mentions: 1 })
  expect(client.view(`user:${ANN.id}`)?.display_name).toBe('Ann the Great')
})

test('lost while catching up, my own missed events are asked for again', async () => {
  const { stage, client, socket } = await listening()
  const heard: number[] = []
  client.on('notification', ({ user_seq }) => heard.push(user_seq))
  const first = await comeBack(stage, client, () => socket.cut(), [room], { user_seq: 3 })
  first.socket.tell(userEvent('notification', 2, { notification: {} }))
  await until(() => phaseOf(client) === 'catching_up')
  const second = await comeBack(stage, client, () => first.socket.cut(), [room], { user_seq: 3 })
  expect(second.resume?.user_seq).toBe(1) // nothing of the broken catching-up was told to anybody
  second.socket.tell(...[2, 3].map((seq) => userEvent('notification', seq, { notification: {} })))
  second.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [] })
  await until(() => phaseOf(client) === 'live')
  expect(heard).toEqual([2, 3])
})

test('too far behind in my own events, what comes after is no hole', async () => {
  const { stage, client, socket } = await listening()
  const back = await comeBack(stage, client, () => socket.cut(), [room], { user_seq: 900 })
  back.socket.tell(userEvent('notification', 901, { notification: {} }))
  back.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [], user_reset: true })
  back.socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
  expect(phaseOf(client)).toBe('live')
})

test('an old room that I came into joins its history without a gap', async () => {
  const { stage, client, socket } = await listening()
  const { membership, ...added } = newJoinedRoom({ id: OTHER_ROOM, last_seq: 40, membership: { last_read_seq: 40 } })
  socket.tell(userEvent('room_added', 2, { room: added, membership }))
  await until(() => client.view('rooms').length === 2)
  const old = [20, 30].map((seq) => newMessage(seq, { room_id: OTHER_ROOM }))
  stage.server.route('list_messages', () => ({ items: old, has_more_before: false, has_more_after: false, last_seq: 40 }))
  await client.loadLatest(OTHER_ROOM)
  expect(client.view(`timeline:${OTHER_ROOM}`)?.spans).toMatchObject([{ from: 1, to: Infinity, messages: [{ seq: 20 }, { seq: 30 }] }])
})

test('my own reaction is mine, whoever reacted first, and however the message is edited meanwhile', async () => {
  const { client, socket, head } = await listening()
  const reaction = (user_id: string) => ({ message_id: newMessage(4).id, user_id, emoji: '🍵' })
  const me = () => client.view(`room:${ROOM}`)?.last_message?.reactions
  socket.tell(sent(4), roomEvent('reaction_added', 5, reaction(ANN.id)), roomEvent('reaction_added', 6, reaction(ME.id)))
  await until(() => head() === 6)
  expect(me()).toEqual([{ emoji: '🍵', count: 2, me: true }])
  const edited = newMessage(4, { content: 'better', reactions: [{ emoji: '🍵', count: 2, me: false }] })
  socket.tell(roomEvent('message_edited', 7, { message: edited }), roomEvent('reaction_removed', 8, reaction(ANN.id)))
  await until(() => head() === 8)
  expect(me()).toEqual([{ emoji: '🍵', count: 1, me: true }])
  socket.tell(roomEvent('reaction_removed', 9, reaction(ME.id)))
  await until(() => head() === 9)
  expect(me()).toEqual([])
})

test('a backlog of thousands comes in parts, in order, and my own events wait for its end', async () => {
  const { stage, client, socket, heard } = await listening()
  const own: number[] = []
  client.on('notification', ({ user_seq }) => own.push(user_seq))
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 2_503, last_message: newMessage(2_503) })], {
    user_seq: 900,
  })
  back.socket.tell(userEvent('notification', 901, { notification: {} }))
  back.socket.tell(...Array.from({ length: 2_500 }, (_, i) => sent(4 + i)))
  await until(() => heard.length >= 1_000)
  expect(own).toEqual([])
  back.socket.say('caught_up', { rooms: { [ROOM]: 2_503 }, reset: [], user_reset: true })
  await until(() => phaseOf(client) === 'live')
  expect(heard).toEqual(Array.from({ length: 2_500 }, (_, i) => 4 + i))
  expect(own).toEqual([901])
})

test('a restored server resets what is named: a room with as many events as before, and own events that are fewer', async () => {
  const { stage, client, socket } = await listening()
  const other = { epoch: id(999), user_seq: 0 }
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 3, name: 'another history' })], other)
  back.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [ROOM], user_reset: true })
  await until(() => phaseOf(client) === 'live')
  expect(client.view(`timeline:${ROOM}`)?.epoch).toBe(1)
  const own: number[] = []
  client.on('notification', ({ user_seq }) => own.push(user_seq))
  back.socket.tell(userEvent('notification', 1, { notification: {} }))
  await until(() => own.length === 1)
})

test('the epoch is given back, and a new one counts only when all was caught up under it', async () => {
  const { stage, client, socket } = await listening()
  const first = await comeBack(stage, client, () => socket.cut(), [room], { epoch: id(999) })
  expect(first.resume?.epoch).toBe(id(902))
  const second = await comeBack(stage, client, () => first.socket.cut(), [room], { epoch: id(999) })
  expect(second.resume?.epoch).toBe(id(902))
  second.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [ROOM], user_reset: true })
  await until(() => phaseOf(client) === 'live')
  const third = await comeBack(stage, client, () => second.socket.cut(), [room], { epoch: id(999) })
  expect(third.resume?.epoch).toBe(id(999))
})
