/** Bounds: slow readers are cut off and miss nothing, floods are paused and then ended, memory stays flat, and the others notice nothing. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { clientId, until } from './support/house.ts'
import { type Server, startServer } from './support/server.ts'
import { frame, TEXT, Wire } from './support/wire.ts'

setDefaultTimeout(60_000)
const MB = 1_048_576
let server: Server
beforeAll(async () => {
  server = await startServer({ DRAIN_S: '1' })
})
afterAll(() => server.close())

/** 10,000 code points of four bytes: the largest message. */
const LARGE = '🍵'.repeat(10_000)
const send = (room_id: string, content: string) => ({ room_id, content, client_id: clientId() })
const seqsOf = (wire: Wire, roomId: string) =>
  wire.texts.flatMap((text) => {
    const [, seq] = text.startsWith(`{"type":"message_sent","payload":{"room_id":"${roomId}"`) ? (/"seq":(\d+)/.exec(text) ?? []) : []
    return seq === undefined ? [] : [Number(seq)]
  })

test('a reader who stops reading is cut off; the room goes on, and on his return he misses nothing', async () => {
  const [ann, ben, cat] = [await server.guest(), await server.guest(), await server.guest()]
  const room = await ann.call('create_room', { name: 'wide' })
  for (const { id } of [ben, cat]) await ann.call('add_member', { room_id: room.id, user_id: id })
  const [speaker, slow, fast] = [await Wire.open(server.url, ann), await Wire.open(server.url, ben), await Wire.open(server.url, cat)]
  for (const wire of [speaker, slow, fast]) await wire.expect('ready')
  const before = server.memoryBytes()
  slow.pause()
  let sent = 0
  while ((await server.metric('teahouse_connections')) === 3) {
    if (sent >= 480) throw new Error('a slow reader was not cut off')
    for (let i = 0; i < 20; i++) speaker.say('send_message', send(room.id, LARGE), `${++sent}`)
    await until(() => speaker.of('reply').length === sent, { what: 'the replies to the speaker' })
  }
  expect(server.memoryBytes() - before).toBeLessThan(150 * MB)
  const head = 3 + sent
  await until(() => seqsOf(fast, room.id).length === sent)
  expect(seqsOf(fast, room.id)).toEqual(Array.from({ length: sent }, (_, i) => 4 + i))
  slow.resume()
  expect([4001, 1006]).toContain(await slow.closes())
  const heard = seqsOf(slow, room.id)
  expect(heard.length).toBeLessThan(sent)
  expect(heard).toEqual(heard.map((_, i) => 4 + i))
  const back = await Wire.open(server.url)
  back.say('authenticate', { token: ben.token, resume: { rooms: { [room.id]: heard.at(-1) ?? 3 } } }, 'in')
  expect((await back.expect('caught_up'))['rooms']).toEqual({ [room.id]: head })
  expect([...heard, ...seqsOf(back, room.id)]).toEqual(Array.from({ length: sent }, (_, i) => 4 + i))
  for (const wire of [speaker, fast, back]) wire.end()
})

test('readers who stall and go on at random hear no hole before they are cut off', async () => {
  const [ann, ben] = [await server.guest(), await server.guest()]
  const room = await ann.call('create_room', { name: 'stalling' })
  await ann.call('add_member', { room_id: room.id, user_id: ben.id })
  const speaker = await Wire.open(server.url, ann)
  const heard: number[][] = []
  let readers: Wire[] = []
  let sent = 0
  for (let round = 0; round < 40; round++) {
    for (const reader of readers.filter(({ closed }) => closed !== null)) heard.push(seqsOf(reader, room.id))
    readers = readers.filter(({ closed }) => closed === null)
    while (readers.length < 4) {
      const reader = await Wire.open(server.url, ben)
      await reader.expect('ready') // who comes in after the last message hears none
      readers.push(reader)
    }
    for (const [i, reader] of readers.entries()) {
      if ((round + i * 3) % 20 > 15) reader.resume() // the buffers of the kernel hold much
      else reader.pause()
    }
    for (let i = 0; i < 15; i++) speaker.say('send_message', send(room.id, LARGE), `${++sent}`)
    await until(() => speaker.of('reply').length === sent || speaker.closed !== null)
    expect(speaker.closed).toBeNull()
  }
  for (const reader of readers) reader.resume()
  const last = 2 + sent
  await until(() => readers.every((reader) => reader.closed !== null || seqsOf(reader, room.id).at(-1) === last))
  heard.push(...readers.map((reader) => seqsOf(reader, room.id)))
  for (const seqs of heard) expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i))
  for (const wire of [speaker, ...readers]) wire.end()
})

test('a resume waits for its reader: a large backlog does not pile up for one who is slow', async () => {
  const [ann, ben] = [await server.guest(), await server.guest()]
  const room = await ann.call('create_room', { name: 'deep' })
  await ann.call('add_member', { room_id: room.id, user_id: ben.id })
  const speaker = await Wire.open(server.url, ann)
  for (let i = 1; i <= 400; i++) {
    speaker.say('send_message', send(room.id, LARGE), `${i}`)
    if (i % 20 === 0) await until(() => speaker.of('reply').length === i, { what: `reply ${i}` })
  }
  const before = server.memoryBytes()
  const wires = []
  for (let i = 0; i < 10; i++) {
    const wire = await Wire.open(server.url)
    wire.say('authenticate', { token: ben.token, resume: { rooms: { [room.id]: 2 } } }, 'in')
    await wire.expect('ready')
    wire.pause()
    wires.push(wire)
  }
  speaker.say('send_message', send(room.id, 'meanwhile'), 'last')
  await until(() => speaker.of('reply').length === 401)
  expect(server.memoryBytes() - before).toBeLessThan(200 * MB) // all that was missed, ten times, would be 160 MB more
  for (const wire of wires) wire.resume()
  for (const wire of wires) {
    await wire.expect('caught_up')
    await until(() => seqsOf(wire, room.id).at(-1) === 403 || wire.closed !== null)
    expect(wire.closed).toBeNull()
    expect(seqsOf(wire, room.id)).toEqual(Array.from({ length: 401 }, (_, i) => 3 + i))
    wire.end()
  }
  speaker.end()
})

test('messages without a pause are all answered, in order, while memory stays flat', async () => {
  const [ann, ben] = [await server.guest(), await server.guest()]
  const room = await ann.call('create_room', { name: 'busy' })
  await ann.call('add_member', { room_id: room.id, user_id: ben.id })
  const [flood, calm] = [await Wire.open(server.url, ann), await Wire.open(server.url, ben)]
  await calm.expect('ready')
  const before = server.memoryBytes()
  const COUNT = 4_000
  flood.write(
    Buffer.concat(
      Array.from({ length: COUNT }, (_, i) =>
        frame(TEXT, JSON.stringify({ type: 'send_message', id: `${i}`, payload: send(room.id, `${i}`) })),
      ),
    ),
  )
  await until(() => flood.of('reply').length === COUNT || flood.closed !== null, { withinMs: 50_000 })
  expect(flood.closed).toBeNull()
  const seqs = flood.of('reply').map(({ seq }) => seq as number)
  expect(seqs).toEqual(seqs.map((_, i) => 3 + i))
  await until(() => seqsOf(calm, room.id).length === COUNT)
  expect(server.memoryBytes() - before).toBeLessThan(150 * MB)
  flood.end()
  calm.end()
})

test('commands that wait for each other are paused: thousands at once are answered, in order', async () => {
  const ann = await server.guest()
  const room = await ann.call('create_room', { name: 'patient' })
  const flood = await Wire.open(server.url, ann)
  const COUNT = 3_000
  const commands = Array.from({ length: COUNT }, (_, i) => ({ type: 'mark_read', id: `${i}`, payload: { room_id: room.id, seq: 1 } }))
  flood.write(Buffer.concat(commands.map((command) => frame(TEXT, JSON.stringify(command)))))
  await until(() => flood.of('reply').length === COUNT || flood.closed !== null, { withinMs: 50_000 })
  expect(flood.closed).toBeNull()
  const ids = flood.texts
    .filter((text) => text.startsWith('{"type":"reply"'))
    .map((text) => Number((JSON.parse(text) as { id: string }).id))
  expect(ids).toEqual(ids.map((_, i) => i))
  flood.end()
})

test('a flood beyond the bound ends with 4004, and nobody else is held up', async () => {
  const [ann, ben] = [await server.guest(), await server.guest()]
  const room = await ann.call('create_room', { name: 'flooded' })
  await ann.call('add_member', { room_id: room.id, user_id: ben.id })
  const before = server.memoryBytes()
  for (let round = 0; round < 2; round++) {
    const [flood, calm] = [await Wire.open(server.url, ann), await Wire.open(server.url, ben)]
    await Promise.all([flood.expect('ready'), calm.expect('ready')])
    const command = frame(TEXT, JSON.stringify({ type: 'mark_read', payload: { room_id: room.id, seq: 1 } }))
    const megabyte = Buffer.concat(Array.from({ length: Math.ceil(MB / command.length) }, () => command))
    for (let i = 0; i < 16; i++) flood.write(megabyte)
    calm.say('send_message', send(room.id, 'calm'), 'calm')
    await calm.expect('reply')
    await until(() => flood.closed !== null || server.memoryBytes() - before > 200 * MB, { withinMs: 50_000 })
    expect([4004, 1006]).toContain(flood.closed ?? 0) // our own writing may fail before the code is read
    calm.end()
    flood.end()
  }
  expect(server.memoryBytes() - before).toBeLessThan(150 * MB)
})

test('pings and refused frames of one who reads nothing do not pile up', async () => {
  const [ann, ben] = [await server.guest(), await server.guest()]
  const calm = await Wire.open(server.url, ben)
  const before = server.memoryBytes()
  for (const [i, said] of [
    '{"type":"ping","id":"x"}',
    '{"type":"dance","id":"x"}',
    '{"type":"heartbeat","id":"x","payload":{}}',
  ].entries()) {
    const flood = await Wire.open(server.url, ann)
    await flood.expect('ready')
    flood.pause()
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => frame(TEXT, said)))
    for (let times = 0; times < 4; times++) flood.write(many)
    for (let beat = 0; beat < 20; beat++) {
      calm.say('ping', {}, `${i} ${beat}`)
      await until(() => calm.of('pong').length === i * 20 + beat + 1)
    }
    flood.end()
  }
  expect(server.memoryBytes() - before).toBeLessThan(150 * MB)
  calm.end()
})

test('a resume waits for its reader also where the bound for slow readers is low', async () => {
  const small = await startServer({ LIMIT_UNSENT_BYTES: '16384', DRAIN_S: '1' })
  const [ann, ben] = [await small.guest(), await small.guest()]
  const room = await ann.call('create_room', { name: 'narrow' })
  await ann.call('add_member', { room_id: room.id, user_id: ben.id })
  const say = async () => {
    const content = LARGE
    await ann.call('send_message', { room_id: room.id, content, client_id: clientId() })
  }
  for (let i = 0; i < 400; i += 20) await Promise.all(Array.from({ length: 20 }, say))
  const wire = await Wire.open(small.url)
  wire.say('authenticate', { token: ben.token, resume: { rooms: { [room.id]: 2 } } }, 'in')
  await wire.expect('ready')
  wire.pause()
  for (let i = 0; i < 20; i++) await say() // time in which much piles up
  wire.resume()
  await until(() => seqsOf(wire, room.id).at(-1) === 422 || wire.closed !== null)
  expect(wire.closed).toBeNull()
  expect(seqsOf(wire, room.id)).toEqual(Array.from({ length: 420 }, (_, i) => 3 + i))
  wire.end()
  await small.close()
})
