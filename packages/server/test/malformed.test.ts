/** Nonsense at the level of bytes: the server lives, its memory stays flat, and those who speak properly notice nothing. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { randomBytes, randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { clientId, until } from './support/house.ts'
import { type Server, startServer } from './support/server.ts'
import { BINARY, CLOSE_FRAME, frame, TEXT, Wire } from './support/wire.ts'

setDefaultTimeout(60_000)
const MB = 1_048_576
let server: Server
let ann: Awaited<ReturnType<Server['guest']>>
let roomId: string
/** Somebody who speaks properly all the while. */
let calm: Wire
beforeAll(async () => {
  server = await startServer({ LIMIT_CONNECTIONS_PER_USER: '100' })
  ann = await server.guest()
  roomId = (await ann.call('create_room', { name: 'calm' })).id
  calm = await Wire.open(server.url, ann)
  await calm.expect('ready')
})
afterAll(() => server.close())

async function expectAllWell(): Promise<void> {
  const client_id = clientId() // among random commands some may be right
  calm.say('send_message', { room_id: roomId, content: 'all is well', client_id }, client_id)
  const heard = () => calm.texts.some((text) => text.startsWith('{"type":"message_sent"') && text.includes(client_id))
  await until(() => heard() || calm.closed !== null, { what: 'the message of the calm one' })
  expect(calm.closed).toBeNull()
  expect(heard()).toBeTrue()
}

const text = (value: unknown) => frame(TEXT, typeof value === 'string' ? value : JSON.stringify(value))
const deep = (depth: number) => `{"type":"ping","payload":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`
const numbers = (payload: string) => `{"type":"get_events","id":"x","payload":${payload}}`

describe('frames', () => {
  const MALFORMED: [string, string][] = [
    ['truncated JSON', '{"type":"ping","payload":{'],
    ['two values', '{} {}'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"type":"ping"}'],
    ['comments', '{"type":"ping"/* */}'],
    ['NUL', '{"type":"pi\0ng"}'],
    ['a list', '[{"type":"ping"}]'],
    ['NaN', '{"type":NaN}'],
    ['nesting of 20,000', deep(20_000).slice(0, 30_000)],
  ]
  test.each(MALFORMED)('with %s are malformed requests', async (_, bad) => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    wire.write(text(bad))
    expect(await wire.expect('error')).toMatchObject({ code: 'malformed_request', retryable: false })
    wire.say('ping', {}, 'x')
    await wire.expect('pong')
    wire.end()
    await expectAllWell()
  })

  const STRANGE: [string, string, string][] = [
    ['deep nesting inside a command that ignores it', deep(15_000), 'pong'],
    [
      'a payload with __proto__',
      '{"type":"heartbeat","id":"x","payload":{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}}}}',
      'reply',
    ],
    ['a type called __proto__', '{"type":"__proto__","id":"x"}', 'error'],
    ['a type called toString', '{"type":"toString","id":"x"}', 'error'],
    ['a type of 60,000 characters', `{"type":"${'x'.repeat(60_000)}","id":"x"}`, 'error'],
    ['the same field twice', '{"type":"dance","type":"ping"}', 'pong'],
    ['numbers without end', numbers(`{"room_id":"0193a5f0-6a3e-7cc1-9d5e-2f1f5c9d4b10","after_seq":${'9'.repeat(400)}}`), 'error'],
    ['numbers that are none', numbers('{"room_id":"0193a5f0-6a3e-7cc1-9d5e-2f1f5c9d4b10","after_seq":-0.1e-400}'), 'error'],
    ['resume with __proto__', '{"type":"authenticate","id":"x","payload":{"token":"x","resume":{"rooms":{"__proto__":1}}}}', 'error'],
    ['a lone surrogate as id', '{"type":"ping","id":"\\ud800"}', 'pong'],
    ['a lone surrogate and NUL in a text', numbers('{"room_id":"\\ud800\\u0000","after_seq":0}'), 'error'],
  ]
  test.each(STRANGE)('with %s are answered', async (_, strange, answer) => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    wire.write(text(strange))
    await wire.expect(answer)
    if (!strange.includes('authenticate')) expect(wire.closed).toBeNull()
    wire.end()
    await expectAllWell()
  })

  test('that can be told apart by their id are refused under it', async () => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    for (const bad of ['{"type":"mark_read","payload":null,"id":"one"}', '{"payload":{},"id":"two"}']) wire.write(text(bad))
    await until(() => wire.of('error').length === 2)
    const refused = wire.texts.map((said) => JSON.parse(said) as { type: string; id?: string; payload: object })
    expect(refused.filter(({ type }) => type === 'error')).toMatchObject([
      { id: 'one', payload: { code: 'malformed_request' } },
      { id: 'two', payload: { code: 'malformed_request' } },
    ])
    wire.end()
  })

  test('binary ones are malformed, three in a row end it with 4502', async () => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    for (let i = 0; i < 3; i++) wire.write(frame(BINARY, '{"type":"ping"}'))
    expect(await wire.closes()).toBe(4502)
    expect(wire.of('error')).toHaveLength(3)
  })

  test('in fragments are put together', async () => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    const whole = Buffer.from('{"type":"ping","id":"🍵"}')
    for (const [i, byte] of [...whole].entries())
      wire.write(frame(i === 0 ? TEXT : 0, Uint8Array.of(byte), { fin: i === whole.length - 1 }))
    await wire.expect('pong')
    wire.end()
  })

  const BREAKING: [string, Buffer][] = [
    ['without a mask', frame(TEXT, '{"type":"ping"}', { masked: false })],
    ['with reserved bits', frame(TEXT, '{"type":"ping"}', { reserved: 7 })],
    ['with an opcode that nobody knows', frame(3, 'x')],
    ['with a control opcode that nobody knows', frame(11, 'x')],
    ['of a ping that is too long', frame(9, randomBytes(126))],
    ['of a ping in fragments', frame(9, 'x', { fin: false })],
    ['that continue nothing', frame(0, 'x')],
    ['with a text inside a text', Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(TEXT, 'b')])],
    ['that are no UTF-8', frame(TEXT, Uint8Array.of(0xff, 0xfe, 0xc0, 0x80))],
    ['with a surrogate in UTF-8', frame(TEXT, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))],
    ['larger than allowed', frame(TEXT, 'x'.repeat(65_537))],
    ['that claim 2^62 bytes', frame(TEXT, 'x', { claimedLength: 2n ** 62n })],
    ['that claim 2^64 - 1 bytes', frame(TEXT, 'x', { claimedLength: 2n ** 64n - 1n })],
    [
      'larger than allowed in fragments',
      Buffer.concat(Array.from({ length: 40 }, (_, i) => frame(i === 0 ? TEXT : 0, 'x'.repeat(2_000), { fin: false }))),
    ],
    ['that close with one byte', frame(CLOSE_FRAME, 'x')],
    ['that close with a wrong code', frame(CLOSE_FRAME, Uint8Array.of(0, 5))],
  ]
  test.each(BREAKING)('%s end the socket, and nobody else’s', async (_, bad) => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    wire.write(bad)
    await wire.closes()
    wire.end()
    await expectAllWell()
  })

  test('of 64 KiB are as good as others', async () => {
    const wire = await Wire.open(server.url, ann)
    await wire.expect('ready')
    const room = '{"type":"ping","payload":{"a":""}}'
    wire.write(text(`{"type":"ping","payload":{"a":"${'x'.repeat(65_536 - room.length)}"}}`))
    await wire.expect('pong')
    wire.end()
  })

  test('100,000 of them at random do no harm', async () => {
    const [CONNECTIONS, FRAMES] = [500, 200]
    const before = server.memoryBytes()
    const types = [
      'send_message',
      'join_room',
      'get_events',
      'mark_read',
      'typing_start',
      'heartbeat',
      'authenticate',
      'set_presence',
      '__proto__',
      '',
    ]
    const values = () => [null, -1, 1e308, 'x', '\ud800', [], {}, true, roomId, 'a\0b', clientId()][randomInt(11)]
    const one = (): Buffer => {
      switch (randomInt(6)) {
        case 0:
          return frame(
            TEXT,
            JSON.stringify({
              type: types[randomInt(types.length)],
              id: 'x',
              payload: { room_id: values(), content: values(), seq: values(), token: values(), client_id: values() },
            }),
          )
        case 1:
          return frame(TEXT, randomBytes(randomInt(60)).toString('latin1'))
        case 2:
          return frame(TEXT, JSON.stringify(values() ?? null))
        case 3:
          return frame(9, randomBytes(randomInt(40)))
        case 4:
          return frame(10, randomBytes(randomInt(40)))
        default:
          return frame(TEXT, `{"type":"ping"${randomInt(2) ? '}' : ''}`)
      }
    }
    const ping = text('{"type":"ping"}')
    const breaking = BREAKING.map(([, bytes]) => bytes)
    for (let done = 0; done < CONNECTIONS; done += 10) {
      const wires = await Promise.all(Array.from({ length: 10 }, (_, i) => Wire.open(server.url, i % 3 ? ann : {})))
      for (const wire of wires) {
        const frames = Array.from({ length: FRAMES / 2 }, () => [one(), ping]).flat() // a good one between, or the third bad one would end it
        wire.write(Buffer.concat([...frames, breaking[randomInt(breaking.length)] ?? ping, randomBytes(randomInt(50))]))
      }
      await Promise.all(wires.map((wire) => wire.closes()))
      for (const wire of wires) wire.end()
      if (done % 100 === 0) await expectAllWell()
    }
    await expectAllWell()
    await until(async () => (await server.metric('teahouse_connections')) === 1, { what: 'all but one socket to be gone' })
    expect(server.memoryBytes() - before).toBeLessThan(120 * MB)
  })
})

/** Says some bytes to the server; answers what comes back until it ends or says nothing more. */
async function exchange(
  bytes: (Uint8Array | string)[],
  { until: done = (answer: string) => answer.includes('\r\n\r\n') } = {},
): Promise<string> {
  const { hostname, port } = new URL(server.url)
  let answer = ''
  let ended = false
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.on('error', () => {})
  socket.on('close', () => (ended = true))
  for (const part of bytes) if (!socket.destroyed) socket.write(part)
  await until(() => ended || done(answer), { what: 'an answer', withinMs: 30_000 })
  socket.destroy()
  return answer
}
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
const request = (method: string, path: string, headers: string[], body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${body}`
const json = 'Content-Type: application/json'

describe('requests', () => {
  test('with a body beyond 1 MiB are refused with 413, whatever length they say', async () => {
    const before = server.memoryBytes()
    for (const size of [MB + 1, 3 * MB]) {
      const body = `{"name":"${'x'.repeat(size - 11)}"}`
      const answer = await server.rest.raw('POST /rooms', { token: ann.token, body })
      expect([size, answer.status, answer.code]).toEqual([size, 413, 'payload_too_large'])
    }
    const claimed = await exchange([request('POST', '/api/v1/rooms', [json, 'Content-Length: 99999999999'])])
    expect(statusOf(claimed)).toBe(413)
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const chunked = await exchange([
      request('POST', '/api/v1/rooms', [json, 'Transfer-Encoding: chunked']),
      ...Array.from({ length: 64 }, () => chunk),
      '0\r\n\r\n',
    ])
    expect(statusOf(chunked)).toBe(413)
    expect(server.memoryBytes() - before).toBeLessThan(100 * MB)
    await expectAllWell()
  })
  test('with a body of just 1 MiB are read', async () => {
    const body = `{"name":"x","description":"${'x'.repeat(MB - 30)}"}`
    expect(await server.rest.raw('POST /rooms', { token: ann.token, body })).toMatchObject({ status: 422, code: 'validation_failed' })
  })
  test('that are not JSON in UTF-8 are malformed', async () => {
    const bodies: [string, Uint8Array | string][] = [
      [json, Uint8Array.of(0x22, 0xff, 0x22)],
      [json, Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
      [json, '{"name":"a'],
      [json, `{"name":${'['.repeat(50_000)}`],
      ['Content-Type: text/plain', '{"name":"a"}'],
      ['Content-Type: application/x-www-form-urlencoded', 'name=a'],
      ['Content-Type: multipart/form-data; boundary=x', '--x--'],
      ['X-Nothing: x', '{"name":"a"}'],
    ]
    for (const [type, body] of bodies) {
      const bytes = Buffer.from(body as string)
      const answer = await exchange([request('POST', '/api/v1/rooms', [type, `Content-Length: ${bytes.length}`]), bytes], {
        until: (text) => text.includes('"}}') || text.includes('malformed'),
      })
      expect([type, statusOf(answer)]).toEqual([type, 400])
      expect(answer).toContain('malformed_request')
    }
  })
  test('with nesting that is deep, or keys that are ours, are read as data', async () => {
    const bodies = [
      `{"name":"x","a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '{"name":"x","__proto__":{"max_members":0},"hasOwnProperty":1}',
    ]
    for (const body of bodies)
      expect((await server.rest.raw('POST /rooms', { token: ann.token, body })).status).toBeOneOf([201, 400, 409, 422])
    await expectAllWell()
  })
  test('that are no HTTP, or too much of it, are refused or dropped', async () => {
    const NONSENSE: (Uint8Array | string)[][] = [
      [randomBytes(2_000), '\r\n\r\n'],
      ['GET / HTTP/9.9\r\n\r\n'],
      ['GET  /\r\n\r\n'],
      [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
      [`GET /health/live HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`],
      [`GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: ${'b'.repeat(2_000_000)}\r\n\r\n`],
      ['GET /health/live HTTP/1.1\r\nHost: x\r\nX-\0A: b\r\n\r\n'],
      ['POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
      ['POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n'],
    ]
    for (const [i, bytes] of NONSENSE.entries()) {
      const answer = await exchange(bytes)
      expect([i, statusOf(answer) === 0 || statusOf(answer) >= 400]).toEqual([i, true])
    }
    await expectAllWell()
  })
  test('of any method are answered, and only known ones done', async () => {
    for (const method of ['TRACE', 'OPTIONS', 'PROPFIND', 'HEAD', 'PATCH']) {
      const answer = await exchange([request(method, '/api/v1/rooms/directory', ['Content-Length: 0'])])
      expect([method, statusOf(answer) < 500]).toEqual([method, true])
    }
  })
  test('to open a socket that are wrong in any part are refused', async () => {
    const WRONG = [
      ['Upgrade: websocket', 'Connection: Upgrade'],
      ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'],
      ['Upgrade: h2c', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ]
    for (const headers of WRONG) {
      const status = statusOf(await exchange([request('GET', '/ws', headers)]))
      expect([headers, status === 400 || status === 101]).toEqual([headers, true])
    }
    await expectAllWell()
  })
})
