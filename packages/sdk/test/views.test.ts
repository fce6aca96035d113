/** Looking and watching: views that stay the same object until they change, listeners that cannot disturb each other, events for loops. */
import { afterEach, expect, spyOn, test } from 'bun:test'
import type { Teahouse } from '@teahouse/sdk'
import { ANN, BOB, id, ME, MY_USER, newJoinedRoom, newMessage, OTHER_ROOM, ROOM, sent, userEvent } from './support/samples.ts'
import { clearStages, liveClient, setStage } from './support/stage.ts'
import { until } from './support/until.ts'

afterEach(clearStages)

const room = newJoinedRoom({ last_seq: 3, last_message: newMessage(3) })
const quiet = newJoinedRoom({ id: OTHER_ROOM, name: 'quiet', last_seq: 1, last_message: newMessage(1, { room_id: OTHER_ROOM }) })
const headIs = (client: Teahouse, seq: number) => until(() => client.view(`room:${ROOM}`)?.last_seq === seq)

test('only those who watch what changed are told, once for each change', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room, quiet])
  const told: string[] = []
  for (const key of [
    `room:${ROOM}`,
    `room:${OTHER_ROOM}`,
    `timeline:${ROOM}`,
    `typing:${ROOM}`,
    'rooms',
    'totals',
    'session',
    `members:${ROOM}`,
  ] as const)
    client.subscribe(key, () => told.push(key))
  socket.tell(sent(4))
  await headIs(client, 4)
  expect(told.toSorted()).toEqual([`room:${ROOM}`, `timeline:${ROOM}`, 'totals'].toSorted())
})

test('a view stays the same object while nothing in it changed', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room, quiet])
  const before = { rooms: client.view('rooms'), quiet: client.view(`room:${OTHER_ROOM}`), timeline: client.view(`timeline:${OTHER_ROOM}`) }
  socket.tell(sent(4))
  await headIs(client, 4)
  expect(client.view('rooms')).toBe(before.rooms)
  expect(client.view(`room:${OTHER_ROOM}`)).toBe(before.quiet as never)
  expect(client.view(`timeline:${OTHER_ROOM}`)).toBe(before.timeline as never)
  expect(client.view(`typing:${ROOM}`)).toBe(client.view(`typing:${OTHER_ROOM}`))
})

test('rooms are ordered by their latest activity', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [quiet, room])
  expect(client.view('rooms')).toEqual([ROOM, OTHER_ROOM])
  socket.tell(sent(2, { room_id: OTHER_ROOM, created_at: '2026-11-21T09:00:00.000Z' }))
  await until(() => client.view('rooms')[0] === OTHER_ROOM)
})

test('who stopped watching is not told; the last one of a key leaves nothing behind', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  let told = 0
  const stop = client.subscribe(`room:${ROOM}`, () => told++)
  stop()
  stop()
  socket.tell(sent(4))
  await headIs(client, 4)
  expect(told).toBe(0)
})

test('a listener that throws is reported and disturbs nobody', async () => {
  const report = spyOn(console, 'error').mockImplementation(() => {})
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const heard: string[] = []
  const broken = () => {
    throw new Error('a mistake of the caller')
  }
  client.subscribe(`room:${ROOM}`, broken)
  client.subscribe(`room:${ROOM}`, () => heard.push('view'))
  client.on('message_sent', broken)
  client.on('message_sent', () => heard.push('event'))
  socket.tell(sent(4))
  await headIs(client, 4)
  expect(heard).toEqual(['view', 'event'])
  expect(report).toHaveBeenCalledTimes(2)
  report.mockRestore()
})

test('an event is told after the state has taken it in', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const heads: (number | undefined)[] = []
  client.on('message_sent', () => heads.push(client.view(`room:${ROOM}`)?.last_seq))
  socket.tell(sent(4), sent(5))
  await headIs(client, 5)
  expect(heads).toEqual([4, 5])
})

test('a loop hears the kinds it asked for, in order, and ends with the client', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room], { user_seq: 0 })
  const heard: string[] = []
  const loop = (async () => {
    for await (const event of client.events('message_sent', 'notification'))
      heard.push(`${event.type} ${'seq' in event.payload ? event.payload.seq : event.payload.user_seq}`)
  })()
  socket.tell(sent(4), userEvent('notification', 1, { notification: {} }), sent(5))
  socket.say('user_typing', { room_id: ROOM, user_id: ANN.id })
  await until(() => heard.length === 3)
  client.stop()
  await loop
  expect(heard).toEqual(['message_sent 4', 'notification 1', 'message_sent 5'])
})

test('a loop may be left, and one that cannot keep up ends with an error instead of losing events', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const lazy = client.events()
  for await (const event of (socket.tell(sent(4)), client.events('message_sent'))) {
    expect(event.payload.seq).toBe(4)
    break
  }
  let arrived = 0
  client.on('system_event', () => arrived++)
  for (let i = 0; i < 10_001; i++) socket.say('system_event', { event_type: 'maintenance', message: `${i}` })
  await until(() => arrived === 10_001)
  let read = 0
  const failure = await (async () => {
    for await (const _ of lazy) read++
  })().catch((error: Error) => error.message)
  expect(failure).toContain('10000 events')
  expect(read).toBe(10_000)
})

test('typing is heard of others only, and ends by itself, by a word, or by a message', async () => {
  const stage = setStage({ heartbeatMs: 1e9 })
  const { client, socket } = await liveClient(stage, [room])
  const typing = () => client.view(`typing:${ROOM}`)
  for (const user of [ANN, BOB, MY_USER]) socket.say('user_typing', { room_id: ROOM, user_id: user.id })
  await until(() => typing().length === 2)
  expect(typing()).toEqual([ANN.id, BOB.id])
  socket.tell(sent(4, { sender: BOB }))
  await until(() => typing().length === 1)
  socket.say('user_stopped_typing', { room_id: ROOM, user_id: ANN.id })
  await until(() => typing().length === 0)
  socket.say('user_typing', { room_id: ROOM, user_id: ANN.id })
  await until(() => typing().length === 1)
  await stage.clock.advance(7_900)
  expect(typing()).toEqual([ANN.id])
  await stage.clock.advance(1_200)
  expect(typing()).toEqual([])
})

test('my own typing is told at every fourth second, and its end only while somebody believes in it', async () => {
  const stage = setStage({ heartbeatMs: 1e9 })
  const { client, socket } = await liveClient(stage, [room])
  for (let key = 0; key < 50; key++) {
    client.typing(ROOM)
    await stage.clock.advance(100)
  }
  client.stopTyping(ROOM)
  client.stopTyping(ROOM)
  client.typing(ROOM)
  client.send(ROOM, { content: 'done' })
  const types: string[] = []
  while (types.at(-1) !== 'send_message') types.push((await socket.frames.take('a command')).type)
  expect(types).toEqual(['typing_start', 'typing_start', 'typing_stop', 'typing_start', 'send_message'])
})

test('presence is what signals and member lists say, and is asked anew after a reconnect', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const member = (user: typeof ANN, online: boolean) => ({ user, role: 'member', joined_at: room.created_at, muted_until: null, online })
  stage.server.route('list_members', () => ({ items: [member(ANN, true), member(BOB, false)], next_cursor: null }))
  await client.loadMembers(ROOM)
  expect([ANN, BOB].map((user) => client.view(`presence:${user.id}`)?.status)).toEqual(['online', 'offline'])
  socket.say('presence_changed', { user_id: BOB.id, status: 'away', last_seen_at: null })
  await until(() => client.view(`presence:${BOB.id}`)?.status === 'away')
  expect(client.view(`members:${ROOM}`)?.stale).toBe(false)
})

test('my presence is told again after a reconnect', async () => {
  const stage = setStage({ heartbeatMs: 1e9 })
  const { client, socket } = await liveClient(stage, [room])
  client.setPresence('away')
  expect((await socket.expect('set_presence')).payload).toEqual({ status: 'away' })
  client.setPresence('away') // another device may have said something else meanwhile
  expect((await socket.expect('set_presence')).payload).toEqual({ status: 'away' })
  client.stop()
  const starting = client.start()
  const next = await stage.server.nextSocket()
  const { id: frameId } = await next.expect('authenticate')
  expect((await next.expect('set_presence')).payload).toEqual({ status: 'away' }) // in the same breath: nobody sees me online first
  client.setPresence('busy')
  next.say('ready', { user: ME, session_id: id(1), connection_id: id(2), rooms: [room], user_seq: 0 }, frameId)
  next.say('caught_up', { rooms: {}, reset: [] })
  await starting
  expect((await next.expect('set_presence')).payload).toEqual({ status: 'busy' }) // what was chosen meanwhile
})
