/** The connection's machine: every way from one phase to another, with a server that follows a script. */
import { afterEach, expect, test } from 'bun:test'
import { CLOSE, mayReconnect } from '@teahouse/protocol'
import type { ConnectionState } from '@teahouse/sdk'
import { backoffMs } from '../src/connection/backoff.ts'
import { errorPayload, refuse } from './support/fake-server.ts'
import { id, newJoinedRoom, newMessage, newReady, newSession, ROOM, sent, userEvent } from './support/samples.ts'
import { clearStages, comeBack, liveClient, phaseOf, setStage, welcome } from './support/stage.ts'
import { rejection, until } from './support/until.ts'

afterEach(clearStages)

const room = newJoinedRoom({ last_seq: 3 })

test('a first start goes through connecting and authenticating to live, without a resume', async () => {
  const stage = setStage()
  const client = stage.newClient()
  const phases: string[] = []
  client.on('connection_changed', ({ phase }) => phases.push(phase))
  await client.login({ login: 'me', password: 'correct horse' })
  const starting = client.start()
  const { token, resume } = await welcome(stage, [room])
  await starting
  expect({ phases, token, resume }).toEqual({ phases: ['connecting', 'authenticating', 'live'], token: 'access-1', resume: undefined })
  expect(client.view('rooms')).toEqual([ROOM])
})

test('a lost line is resumed from the last seq of each room and of my own events', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room], { user_seq: 7 })
  socket.tell(sent(4), userEvent('notification', 8, { notification: {} }))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 5, last_message: newMessage(5) })], {
    user_seq: 8,
  })
  await until(() => phaseOf(client) === 'catching_up')
  expect(back.resume).toEqual({ rooms: { [ROOM]: 4 }, user_seq: 8, epoch: newReady().epoch })
  back.socket.tell(sent(5))
  back.socket.say('caught_up', { rooms: { [ROOM]: 5 }, reset: [] })
  await until(() => phaseOf(client) === 'live')
  expect(client.view(`room:${ROOM}`)?.last_message?.seq).toBe(5)
})

for (const [reason, code] of Object.entries(CLOSE).filter(([, known]) => mayReconnect(known)))
  test(`closed with ${code} ${reason}, it comes back by itself`, async () => {
    const stage = setStage()
    stage.server.route('refresh', () => newSession(2))
    const { client, socket } = await liveClient(stage)
    const { token } = await comeBack(stage, client, () => socket.close(code))
    expect(token).toBe(reason === 'token_expired' ? 'access-2' : 'access-1')
  })

for (const reason of ['session_ended', 'malformed_frame', 'too_many_connections', 'account_suspended'] as const)
  test(`closed with ${CLOSE[reason]} ${reason}, it stays closed and says why`, async () => {
    const stage = setStage()
    const { client, socket } = await liveClient(stage)
    socket.close(CLOSE[reason])
    await until(() => phaseOf(client) === 'closed')
    expect(client.view('connection')).toEqual({ phase: 'closed', because: reason })
    await stage.clock.advance(600_000)
    expect(stage.server.waitingSockets()).toBe(0)
  })

for (const reason of ['too_many_connections', 'account_suspended'] as const)
  test(`closed with ${CLOSE[reason]} ${reason} before it was let in, it knows why too`, async () => {
    const stage = setStage()
    const client = stage.newClient()
    await client.login({ login: 'me', password: 'correct horse' })
    const outcome = rejection(client.start())
    const socket = await stage.server.nextSocket()
    await socket.expect('authenticate')
    socket.close(CLOSE[reason])
    expect((await outcome).code).toBe(reason === 'account_suspended' ? reason : 'unavailable')
    expect(client.view('connection')).toEqual({ phase: 'closed', because: reason })
  })

test('an ended session signs out and forgets the tokens; too many connections do not', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  socket.close(CLOSE.too_many_connections)
  await until(() => phaseOf(client) === 'closed')
  expect(client.view('session').status).toBe('signed_in')
  client.reconnectNow()
  const { socket: second } = await welcome(stage)
  await until(() => phaseOf(client) === 'catching_up')
  second.close(CLOSE.session_ended)
  await until(() => client.view('session').status === 'signed_out')
  expect(client.view('session')).toEqual({ status: 'signed_out', reason: 'session_ended' })
  await until(async () => (await stage.storage.keys('')).length === 0)
})

test('a token that the socket refuses is renewed once, then the trying ends', async () => {
  const stage = setStage()
  let renewed = 1
  stage.server.route('refresh', () => newSession(++renewed))
  const client = stage.newClient()
  await client.login({ login: 'me', password: 'correct horse' })
  const outcome = rejection(client.start())
  const tokens: unknown[] = []
  for (const code of ['token_expired', 'unauthorized'] as const) {
    const socket = await stage.server.nextSocket()
    const { id, payload } = await socket.expect('authenticate')
    tokens.push(payload.token)
    socket.refuse(id, code)
    socket.close(CLOSE.unauthorized)
    if (code === 'token_expired') {
      await until(() => phaseOf(client) === 'waiting')
      await stage.clock.advance(1_000)
    }
  }
  expect((await outcome).code).toBe('unauthorized')
  expect(tokens).toEqual(['access-1', 'access-2'])
  expect(client.view('connection')).toEqual({ phase: 'closed', because: 'unauthorized' })
})

test('a refused token whose refresh is refused too ends the session', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => refuse('unauthorized'))
  const { client, socket } = await liveClient(stage)
  socket.close(CLOSE.token_expired)
  await until(() => phaseOf(client) === 'waiting')
  await stage.clock.advance(1_000)
  await until(() => client.view('session').status === 'signed_out')
  expect(client.view('connection')).toEqual({ phase: 'closed', because: 'signed_out' })
})

test('a server that is not ready yet is asked again after the time it names', async () => {
  const stage = setStage()
  const client = stage.newClient()
  await client.login({ login: 'me', password: 'correct horse' })
  const starting = client.start()
  const socket = await stage.server.nextSocket()
  const { id } = await socket.expect('authenticate')
  socket.say('error', errorPayload('unavailable', 4_000), id)
  await until(() => phaseOf(client) === 'waiting')
  const { until: at } = client.view('connection') as Extract<ConnectionState, { phase: 'waiting' }>
  expect(at - stage.clock.now()).toBeWithin(4_000, 5_001)
  await stage.clock.advance(5_000)
  await welcome(stage)
  await starting
})

test('going_away is shown, and its delay is kept before coming back', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  socket.say('going_away', { reason: 'shutdown', reconnect_after_ms: 3_000 })
  await until(() => client.view('server').leaving !== null)
  expect(client.view('server').leaving).toEqual({ reason: 'shutdown' })
  socket.close(CLOSE.going_away)
  await until(() => phaseOf(client) === 'waiting')
  await stage.clock.advance(2_900)
  expect(phaseOf(client)).toBe('waiting')
  await stage.clock.advance(1_000)
  const { socket: second } = await welcome(stage)
  await until(() => phaseOf(client) === 'catching_up')
  second.say('caught_up', { rooms: {}, reset: [] })
  await until(() => phaseOf(client) === 'live')
  expect(client.view('server').leaving).toBeNull()
})

test('a socket that never opens, never says ready, or falls silent while catching up is given up', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.cut()
  await until(() => phaseOf(client) === 'waiting')
  await stage.clock.advance(500)
  const silent = await stage.server.nextSocket()
  await silent.expect('authenticate')
  await stage.clock.advance(15_000) // never says ready
  expect(phaseOf(client)).toBe('waiting')
  await stage.clock.advance(2_000)
  await welcome(stage, [room])
  await until(() => phaseOf(client) === 'catching_up')
  await stage.clock.advance(30_000) // never says caught_up
  await until(() => phaseOf(client) !== 'catching_up')
})

test('a heartbeat without an answer is a lost line; an answer keeps it', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  await stage.clock.advance(12_500)
  const first = await socket.expect('heartbeat')
  socket.reply(first.id, { server_time: new Date().toISOString(), heads: { [ROOM]: 3 } })
  socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4) // then the answer was heard too
  await stage.clock.advance(12_000)
  expect(phaseOf(client)).toBe('live')
  await stage.clock.advance(500)
  await socket.expect('heartbeat')
  await stage.clock.advance(10_000)
  expect(phaseOf(client)).toBe('waiting')
})

test('the token of an open socket is renewed before it ends, and nothing is interrupted', async () => {
  const stage = setStage({ heartbeatMs: 1e9 })
  stage.server.route('refresh', () => newSession(2))
  const { client, socket } = await liveClient(stage, [room])
  const phases: string[] = []
  client.on('connection_changed', ({ phase }) => phases.push(phase))
  await stage.clock.advance(3_600_000 - 91_000)
  expect(stage.server.requests.map(({ name }) => name)).toEqual(['login'])
  await stage.clock.advance(1_000)
  const { id, payload } = await socket.expect('authenticate')
  expect(payload).toEqual({ token: 'access-2' })
  socket.say('ready', newReady([room]), id)
  socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
  await stage.clock.advance(60_000)
  expect(phases).toEqual([])
})

test('the device going offline is noticed by a probe; coming online ends the waiting at once', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  stage.network.set(false)
  await socket.frames.take('a ping')
  await stage.clock.advance(5_000) // no pong
  expect(client.view('connection')).toMatchObject({ phase: 'waiting', offline: true })
  stage.network.set(true)
  const back = await welcome(stage)
  back.socket.say('caught_up', { rooms: {}, reset: [] })
  await until(() => phaseOf(client) === 'live')
})

test('a probe that is answered changes nothing', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  stage.network.set(true)
  const ping = await socket.frames.take('a ping')
  socket.say('pong', {}, ping.id)
  socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
  await stage.clock.advance(5_000)
  expect(phaseOf(client)).toBe('live')
})

test('a server that accepts and drops is tried less and less often', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  let last = socket
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    last.cut()
    await until(() => phaseOf(client) === 'waiting')
    const state = client.view('connection') as Extract<ConnectionState, { phase: 'waiting' }>
    waits.push(state.until - stage.clock.now())
    await stage.clock.advance(state.until - stage.clock.now())
    last = (await welcome(stage)).socket
    await until(() => phaseOf(client) === 'catching_up')
    last.say('caught_up', { rooms: {}, reset: [] })
    await until(() => phaseOf(client) === 'live')
  }
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(new Set(waits).size).toBe(4)
})

test('waiting grows to half a minute at most and always has a spread', () => {
  for (let failures = 1; failures < 40; failures++) {
    expect(backoffMs(failures, () => 0)).toBeGreaterThanOrEqual(250)
    expect(backoffMs(failures, () => 0.999)).toBeLessThanOrEqual(30_000)
    expect(backoffMs(failures, () => 0.999)).toBeGreaterThan(backoffMs(failures, () => 0) * 3)
  }
})

test('stop ends it, start begins it again, and stopping twice is once', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  client.stop()
  client.stop()
  await socket.closed
  expect(client.view('connection')).toEqual({ phase: 'closed', because: 'stopped' })
  const starting = client.start()
  const { resume, socket: second } = await welcome(stage, [room])
  second.say('caught_up', { rooms: {}, reset: [] })
  await starting
  expect(resume?.rooms).toEqual({ [ROOM]: 3 })
})

test('starting without being signed in is refused', async () => {
  const client = setStage().newClient()
  expect((await rejection(client.start())).code).toBe('unauthorized')
})

test('a command without a connection, or whose line is lost, is unavailable', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const asked = client.command('leave_room', { room_id: ROOM })
  await socket.expect('leave_room')
  socket.cut()
  expect((await rejection(asked)).code).toBe('unavailable')
  expect((await rejection(client.command('ping', {}))).code).toBe('unavailable')
})

test('a refused command rejects with the code, and does not disturb the connection', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const asked = client.command('leave_room', { room_id: ROOM })
  const { id } = await socket.expect('leave_room')
  socket.refuse(id, 'owner_cannot_leave')
  expect((await rejection(asked)).code).toBe('owner_cannot_leave')
  expect(phaseOf(client)).toBe('live')
})

test('frames that are no frames are passed over', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.say('a_word_from_the_future', { nothing: 'known' })
  socket.say('reply', { late: true }, 'nobody-asked')
  socket.say('reply', {})
  socket.tell(sent(4))
  await until(() => client.view(`room:${ROOM}`)?.last_seq === 4)
})

test('of more rooms than fit into a resume the most active are named; of the others those that moved start anew', async () => {
  const stage = setStage()
  const roomAt = (n: number, last_seq: number) =>
    newJoinedRoom({
      id: id(1_000 + n),
      last_seq,
      last_message: newMessage(last_seq, { room_id: id(1_000 + n), created_at: new Date(n * 1000).toISOString() }),
    })
  const all = Array.from({ length: 1_300 }, (_, n) => roomAt(n, 3))
  const { client, socket } = await liveClient(stage, all)
  const moved = all.map((room, n) => (n === 0 || n === 1_299 ? roomAt(n, 5) : room))
  const back = await comeBack(stage, client, () => socket.cut(), moved)
  const named = Object.keys(back.resume?.rooms ?? {})
  expect(named).toHaveLength(1_200)
  expect(named).not.toContain(id(1_000))
  expect(JSON.stringify({ type: 'authenticate', id: '1', payload: { token: 'x'.repeat(600), resume: back.resume } }).length).toBeLessThan(
    65_536,
  )
  back.socket.tell(...[4, 5].map((seq) => sent(seq, { room_id: id(2_299) })))
  back.socket.say('caught_up', { rooms: {}, reset: [] })
  await until(() => phaseOf(client) === 'live')
  const epochs = [0, 1, 1_299].map((n) => client.view(`timeline:${id(1_000 + n)}`)?.epoch)
  const heads = [0, 1, 1_299].map((n) => client.view(`room:${id(1_000 + n)}`)?.last_seq)
  expect({ epochs, heads }).toEqual({ epochs: [1, 0, 0], heads: [5, 3, 5] })
})

test('of a restored server, rooms that did not fit into the resume start anew too, although they have as many events', async () => {
  const stage = setStage()
  const all = Array.from({ length: 1_201 }, (_, n) => newJoinedRoom({ id: id(1_000 + n), last_seq: 3 }))
  const { client, socket } = await liveClient(stage, all)
  const back = await comeBack(stage, client, () => socket.cut(), all, { epoch: id(999) })
  const named = Object.keys(back.resume?.rooms ?? {})
  back.socket.say('caught_up', { rooms: {}, reset: named, user_reset: true })
  await until(() => phaseOf(client) === 'live')
  expect(named).toHaveLength(1_200)
  expect(new Set(all.map(({ id: roomId }) => client.view(`timeline:${roomId}`)?.epoch))).toEqual(new Set([1]))
})

test('without a server it waits, longer each time, and is there when the server is', async () => {
  const stage = setStage()
  stage.server.route('refresh', () => newSession(2))
  const { client, socket } = await liveClient(stage, [room])
  const phases: string[] = []
  client.on('connection_changed', ({ phase }) => phases.push(phase))
  stage.shut(true)
  socket.cut()
  await until(() => phases.filter((phase) => phase === 'waiting').length >= 1)
  await until(async () => (await stage.clock.advance(500), phases.filter((phase) => phase === 'waiting').length >= 4))
  expect(phases.slice(0, 5)).toEqual(['waiting', 'connecting', 'waiting', 'connecting', 'waiting'])
  stage.shut(false)
  client.reconnectNow()
  await welcome(stage, [room])
  await until(() => phaseOf(client) === 'catching_up')
})

test('a token that cannot be renewed right now is waited for, without signing out', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  stage.server.route('refresh', () => refuse('unavailable', 2_000))
  socket.close(CLOSE.token_expired)
  await until(() => phaseOf(client) === 'waiting')
  await until(async () => (await stage.pass(500), stage.server.requests.filter(({ name }) => name === 'refresh').length === 2))
  stage.server.route('refresh', () => newSession(2))
  await until(async () => (await stage.pass(500), stage.server.waitingSockets() > 0))
  expect((await welcome(stage, [room])).token).toBe('access-2')
  expect(client.view('session').status).toBe('signed_in')
})

test('going offline while waiting is shown, and stopping while waiting stays stopped', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.cut()
  await until(() => phaseOf(client) === 'waiting')
  expect(client.view('connection')).toMatchObject({ offline: false })
  stage.network.set(false)
  expect(client.view('connection')).toMatchObject({ phase: 'waiting', offline: true })
  client.stop()
  stage.network.set(true)
  await stage.clock.advance(120_000)
  expect(client.view('connection')).toEqual({ phase: 'closed', because: 'stopped' })
  expect(stage.server.waitingSockets()).toBe(0)
})

test('an unknown close code from 4500 on ends the trying', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage)
  socket.close(4_777)
  await until(() => phaseOf(client) === 'closed')
  expect(client.view('session').status).toBe('signed_in')
})

for (const phase of ['connecting', 'authenticating', 'live', 'waiting', 'catching_up'] as const)
  test(`a listener may stop the client the moment it is ${phase}`, async () => {
    const stage = setStage()
    const { client, socket } = await liveClient(stage, [room])
    const phases: string[] = []
    client.on('connection_changed', (state) => {
      phases.push(state.phase)
      if (state.phase === phase) client.stop()
    })
    socket.cut()
    await until(() => phases.length > 0)
    await stage.clock.advance(1_000)
    void welcome(stage, [room])
      .then((back) => back.socket.say('caught_up', { rooms: {}, reset: [] }))
      .catch(() => {})
    await until(() => phaseOf(client) === 'closed')
    await stage.clock.advance(1_000)
    expect(phases.slice(-2)).toEqual([phase, 'closed'])
    expect(stage.clock.waiting()).toBe(0)
  })

test('a listener may ask to reconnect the moment the line is lost', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  client.on('connection_changed', (state) => state.phase === 'waiting' && client.reconnectNow())
  socket.cut()
  const back = await welcome(stage, [room])
  back.socket.say('caught_up', { rooms: {}, reset: [] })
  await until(() => phaseOf(client) === 'live')
  await stage.clock.advance(5_000)
  expect(phaseOf(client)).toBe('live')
})

test('a hole in my own events that shows only at the end of catching up is resumed again', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room], { user_seq: 1 })
  const back = await comeBack(stage, client, () => socket.cut(), [room], { user_seq: 3 })
  back.socket.tell(userEvent('notification', 3, { notification: {} }))
  back.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [] })
  await until(() => phaseOf(client) === 'waiting')
  await stage.clock.advance(2_000)
  expect((await welcome(stage, [room], { user_seq: 3 })).resume?.user_seq).toBe(1)
})
