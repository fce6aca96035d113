/** The outbox: at once visible, kept, in order, sent again until answered, merged with its event, and honest about failures. */
import { afterEach, expect, test } from 'bun:test'
import type { ErrorCode } from '@teahouse/protocol'
import type { Teahouse } from '@teahouse/sdk'
import type { FakeSocket } from './support/fake-server.ts'
import { ME, MY_USER, newJoinedRoom, newMessage, OTHER_ROOM, ROOM, sent } from './support/samples.ts'
import { clearStages, comeBack, liveClient, phaseOf, setStage, welcome } from './support/stage.ts'
import { rejection, until } from './support/until.ts'

afterEach(clearStages)

const room = newJoinedRoom({ last_seq: 3 })
const outboxOf = (client: Teahouse, roomId = ROOM) => client.view(`outbox:${roomId}`)
const statesOf = (client: Teahouse) => outboxOf(client).map(({ content, state }) => [content, state])
const mine = (seq: number, client_id: string, content: string) => sent(seq, { sender: MY_USER, client_id, content })

async function commit(socket: FakeSocket, seq: number) {
  const { id, payload } = await socket.expect('send_message')
  socket.reply(id, { message_id: newMessage(seq).id, seq, created_at: newMessage(seq).created_at, replayed: false })
  return payload
}

test('a message is seen at once, sent, answered, and replaced by its event in one change', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const seen: string[] = []
  const look = () => {
    const inTimeline =
      client
        .view(`timeline:${ROOM}`)
        ?.spans.at(-1)
        ?.messages.filter((message) => message.content === 'hello').length ?? 0
    seen.push(`${outboxOf(client)[0]?.state ?? 'gone'} ${inTimeline}`)
  }
  client.subscribe(`outbox:${ROOM}`, look)
  client.subscribe(`timeline:${ROOM}`, look)
  const clientId = client.send(ROOM, { content: 'hello' })
  await commit(socket, 4)
  expect(await client.delivered(clientId)).toMatchObject({ seq: 4, replayed: false })
  socket.tell(mine(4, clientId, 'hello'))
  await until(() => outboxOf(client).length === 0)
  expect(seen.filter((now, i) => now !== seen[i - 1])).toEqual(['queued 0', 'sending 0', 'sent 0', 'gone 1'])
})

test('an event that is faster than the reply is an answer too', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const clientId = client.send(ROOM, { content: 'hello' })
  const { id } = await socket.expect('send_message')
  socket.tell(mine(4, clientId, 'hello'))
  await until(() => outboxOf(client).length === 0)
  socket.reply(id, { message_id: newMessage(4).id, seq: 4, created_at: newMessage(4).created_at, replayed: false })
  expect(await client.delivered(clientId)).toMatchObject({ message_id: newMessage(4).id, seq: 4 })
})

test('messages of one room go one after the other, those of another room do not wait for them', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room, newJoinedRoom({ id: OTHER_ROOM })])
  client.send(ROOM, { content: 'one' })
  client.send(ROOM, { content: 'two' })
  client.send(OTHER_ROOM, { content: 'elsewhere' })
  const first = await socket.expect('send_message')
  const elsewhere = await socket.expect('send_message')
  expect([first.payload.content, elsewhere.payload.content]).toEqual(['one', 'elsewhere'])
  expect(statesOf(client)).toEqual([
    ['one', 'sending'],
    ['two', 'queued'],
  ])
  socket.reply(first.id, { message_id: newMessage(4).id, seq: 4, created_at: newMessage(4).created_at, replayed: false })
  expect((await commit(socket, 5)).content).toBe('two')
})

test('what was on its way when the line was lost goes out again under the same client_id', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const clientId = client.send(ROOM, { content: 'hello' })
  await socket.expect('send_message')
  const back = await comeBack(stage, client, () => socket.cut(), [room])
  expect(statesOf(client)).toEqual([['hello', 'queued']])
  back.socket.say('caught_up', { rooms: { [ROOM]: 3 }, reset: [] })
  expect(await commit(back.socket, 4)).toMatchObject({ client_id: clientId, content: 'hello' })
})

test('what had arrived before the line was lost comes back as its event, and is not sent again', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  const clientId = client.send(ROOM, { content: 'hello' })
  await socket.expect('send_message')
  const back = await comeBack(stage, client, () => socket.cut(), [newJoinedRoom({ last_seq: 4, last_message: newMessage(4) })])
  back.socket.tell(mine(4, clientId, 'hello'))
  back.socket.say('caught_up', { rooms: { [ROOM]: 4 }, reset: [] })
  expect(await client.delivered(clientId)).toMatchObject({ seq: 4 })
  await until(() => phaseOf(client) === 'live')
  expect(back.socket.frames.size).toBe(0)
  expect(outboxOf(client)).toEqual([])
})

test('a replayed answer for an event that was passed long ago ends it', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [newJoinedRoom({ last_seq: 9 })])
  client.send(ROOM, { content: 'hello' })
  await commit(socket, 4)
  await until(() => outboxOf(client).length === 0)
})

test('a message written without a connection waits, and goes out once it is live', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.cut()
  await until(() => phaseOf(client) === 'waiting')
  client.send(ROOM, { content: 'from the tunnel' })
  expect(statesOf(client)).toEqual([['from the tunnel', 'queued']])
  await stage.clock.advance(1_000)
  const back = await welcome(stage, [room])
  back.socket.say('caught_up', { rooms: {}, reset: [] })
  expect((await commit(back.socket, 4)).content).toBe('from the tunnel')
})

for (const code of ['slow_mode', 'rate_limited', 'unavailable', 'internal_error'] as const)
  test(`${code} is waited for as long as it asks, with the time to show`, async () => {
    const stage = setStage()
    const { client, socket } = await liveClient(stage, [room])
    client.send(ROOM, { content: 'hello' })
    const { id } = await socket.expect('send_message')
    socket.refuse(id, code, 7_000)
    await until(() => outboxOf(client)[0]?.retry_at !== null)
    expect(outboxOf(client)[0]).toMatchObject({ state: 'queued', retry_at: stage.clock.now() + 7_000, error: { code } })
    await stage.clock.advance(6_900)
    expect(socket.frames.size).toBe(0)
    await stage.clock.advance(200)
    await commit(socket, 4)
  })

test('a rate counts for all rooms, slow mode only for its own', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room, newJoinedRoom({ id: OTHER_ROOM })])
  client.send(ROOM, { content: 'one' })
  socket.refuse((await socket.expect('send_message')).id, 'slow_mode', 60_000)
  await until(() => outboxOf(client)[0]?.retry_at !== null)
  client.send(OTHER_ROOM, { content: 'elsewhere' })
  const elsewhere = await socket.expect('send_message')
  client.send(OTHER_ROOM, { content: 'more' })
  socket.refuse(elsewhere.id, 'rate_limited', 5_000)
  await until(() => outboxOf(client, OTHER_ROOM)[0]?.retry_at !== null)
  expect(outboxOf(client, OTHER_ROOM).map(({ retry_at }) => retry_at)).toEqual([stage.clock.now() + 5_000, stage.clock.now() + 5_000])
  await stage.clock.advance(5_000)
  expect((await socket.expect('send_message')).payload.content).toBe('elsewhere')
})

for (const code of ['validation_failed', 'muted', 'not_a_member', 'room_not_found', 'idempotency_mismatch'] satisfies ErrorCode[])
  test(`${code} is a failure to be shown, which holds up nobody, and can be retried or discarded`, async () => {
    const stage = setStage()
    const { client, socket } = await liveClient(stage, [room])
    const failures: string[] = []
    client.on('message_failed', ({ content }) => failures.push(content))
    const refused = client.send(ROOM, { content: 'refused' })
    client.send(ROOM, { content: 'next' })
    const outcome = rejection(client.delivered(refused))
    socket.refuse((await socket.expect('send_message')).id, code)
    expect((await commit(socket, 4)).content).toBe('next')
    expect((await outcome).code).toBe(code)
    expect(outboxOf(client)[0]).toMatchObject({ state: 'failed', error: { code } })
    expect(failures).toEqual(['refused'])
    client.retry(refused)
    const again = await socket.expect('send_message')
    expect(again.payload.client_id).toBe(refused)
    socket.refuse(again.id, code)
    await until(() => failures.length === 2)
    client.discard(refused)
    await until(() => outboxOf(client).every(({ client_id }) => client_id !== refused))
  })

test('a server that fails on one message every time is not asked for ever', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  client.send(ROOM, { content: 'poison' })
  let attempts = 0
  void (async () => {
    for (;;) {
      const frame = await socket.frames.take('a command')
      if (frame.type === 'heartbeat') socket.reply(frame.id ?? '', { server_time: new Date().toISOString(), heads: { [ROOM]: 3 } })
      else {
        attempts++
        socket.refuse(frame.id ?? '', 'internal_error')
      }
    }
  })().catch(() => {})
  await until(async () => {
    await stage.clock.advance(1_000)
    return outboxOf(client)[0]?.state === 'failed'
  })
  expect(attempts).toBe(6)
})

test('an answer that never comes on a living line is asked for again', async () => {
  const stage = setStage({ heartbeatMs: 1e9 })
  const { client, socket } = await liveClient(stage, [room])
  const clientId = client.send(ROOM, { content: 'hello' })
  await socket.expect('send_message')
  await stage.clock.advance(10_000)
  await stage.clock.advance(1_000)
  expect((await commit(socket, 4)).client_id).toBe(clientId)
})

test('the outbox survives a reload: another client on the same storage sends what its tab left, in order', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.cut()
  await until(() => phaseOf(client) === 'waiting')
  const written = ['one', 'two', 'three'].map((content) => client.send(ROOM, { content }))
  await until(async () => (await stage.storage.keys('teahouse:outbox:')).length === 3)
  client.stop()
  stage.locks.die('outbox') // the tab is gone
  const after = stage.newClient()
  expect(await after.restore()).toBe(true)
  const starting = after.start()
  const { socket: second } = await welcome(stage, [room])
  await starting
  const ids: string[] = []
  for (const seq of [4, 5, 6]) ids.push((await commit(second, seq)).client_id)
  expect(ids).toEqual(written)
  await until(async () => (await stage.storage.keys('teahouse:outbox:')).length === 0)
})

test('what a living tab is sending is left to it', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  socket.cut()
  await until(() => phaseOf(client) === 'waiting')
  client.send(ROOM, { content: 'mine' })
  await until(async () => (await stage.storage.keys('teahouse:outbox:')).length === 1)
  const other = stage.newClient()
  await other.restore()
  const starting = other.start()
  await welcome(stage, [room])
  await starting
  expect(outboxOf(other)).toEqual([])
})

test('signing out forgets what was not sent; a session that ends keeps it', async () => {
  const stage = setStage()
  const { client, socket } = await liveClient(stage, [room])
  client.send(ROOM, { content: 'kept' })
  await socket.expect('send_message')
  socket.close(4501)
  await until(() => client.view('session').status === 'signed_out')
  expect(outboxOf(client)).toEqual([])
  expect(await stage.storage.keys('teahouse:outbox:')).toHaveLength(1)
  await client.login({ login: 'me', password: 'correct horse' })
  await until(() => outboxOf(client).length === 1)
  await client.logout()
  await until(async () => (await stage.storage.keys('')).length === 0)
})

test('storage that is full or forbidden only costs the memory of it', async () => {
  const stage = setStage()
  const broken = () => Promise.reject(new Error('QuotaExceededError'))
  const client = stage.newClient({ storage: { get: broken, set: broken, remove: broken, keys: broken, watch: () => () => {} } })
  await client.login({ login: 'me', password: 'correct horse' })
  const starting = client.start()
  const { socket } = await welcome(stage, [room])
  await starting
  const clientId = client.send(ROOM, { content: 'hello' })
  await commit(socket, 4)
  expect((await client.delivered(clientId)).seq).toBe(4)
  expect(client.view('session')).toMatchObject({ status: 'signed_in', user: { id: ME.id } })
})
