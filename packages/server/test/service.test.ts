/** What every answer has in common, and the routes that are for machines. */
import { afterAll, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { clientId, openTeahouse } from './support/house.ts'
import { Wire } from './support/wire.ts'

const house = await openTeahouse({ ALLOWED_ORIGINS: 'https://chat.example.org' })
afterAll(() => house.close())
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${house.url}${path}`, { headers })

test('a request id is taken over when it is 1 to 128 visible ASCII characters, else made; answers always have one', async () => {
  for (const id of ['x', '!~', 'a'.repeat(128)]) {
    const answer = await get('/api/v1/users/me', { 'x-request-id': id })
    expect([answer.headers.get('x-request-id'), ((await answer.json()) as { error: { request_id: string } }).error.request_id]).toEqual([
      id,
      id,
    ])
  }
  for (const id of ['', 'a b', 'é', 'a'.repeat(129)]) {
    const given = (await get('/health/live', { 'x-request-id': id })).headers.get('x-request-id')
    expect(given).toMatch(/^[0-9a-f-]{36}$/)
    expect(given).not.toBe(id)
  }
})

test('liveness, readiness and metrics need no token', async () => {
  expect([(await get('/health/live')).status, (await get('/health/ready')).status]).toEqual([200, 200])
  expect(await (await get('/health/ready')).json()).toMatchObject({ status: 'ready', dependencies: { database: 'up' } })
  const metrics = await get('/metrics')
  expect(metrics.headers.get('content-type')).toStartWith('text/plain')
  const text = await metrics.text()
  expect(text).toMatch(/^teahouse_connections 0$/m)
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_start_time_seconds'])
    expect(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
  for (const name of ['messages_sent_total', 'slow_consumers_total', 'event_loop_lag_ms_count', 'database_sessions_idle'])
    expect(text).toMatch(new RegExp(`^teahouse_${name} \\d`, 'm'))
})

test('what opens no socket is answered like everything else, and so is what opens one', async () => {
  const id = { 'x-request-id': 'mine' }
  const upgrade = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  for (const [headers, status, code] of [
    [id, 400, 'malformed_request'],
    [{ ...id, ...upgrade, origin: 'https://evil.example' }, 403, 'forbidden'],
  ] as const) {
    const answer = await get('/ws', headers)
    expect([answer.status, answer.headers.get('x-request-id'), answer.headers.get('cache-control')]).toEqual([status, 'mine', 'no-store'])
    expect(await answer.json()).toMatchObject({ error: { code, request_id: 'mine' } })
  }
  const wire = await Wire.open(house.url, { headers: ['X-Request-ID: mine'] })
  expect(wire.head).toMatch(/^HTTP\/1.1 101 .*\r\nx-request-id: mine\r\n/is)
  wire.end()
})

test('HEAD says how long GET would be', async () => {
  const { token } = await house.guest()
  for (const path of ['/', '/health/live', '/docs', '/api/v1/users/me', '/api/v1/nothing']) {
    const ask = (method: string) =>
      fetch(`${house.url}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' } })
    const [head, whole] = [await ask('HEAD'), await ask('GET')]
    expect([path, head.status, head.headers.get('content-length')]).toEqual([
      path,
      whole.status,
      String((await whole.arrayBuffer()).byteLength),
    ])
  }
})

test('what is nowhere is not found, in the words of the protocol', async () => {
  for (const path of ['/api/v1/nothing', '/api/v2/rooms', '/nothing', '/api/v1/rooms/', '/../etc/passwd', '/api/v1/__proto__']) {
    const answer = await get(path)
    expect([path, answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([path, 404, 'not_found'])
  }
})

test('no answer is kept, framed or taken for what it is not', async () => {
  const ann = await house.guest()
  for (const answer of [
    await get('/api/v1/users/me'),
    await get('/api/v1/users/me', { authorization: `Bearer ${ann.token}` }),
    await get('/health/live'),
  ])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
})

test('a long answer is like a short one, and comes whole to whoever reads slowly', async () => {
  const ann = await house.guest()
  const { id } = await house.room(ann)
  const path = `/api/v1/rooms/${id}/messages?limit=100`
  const headers = { authorization: `Bearer ${ann.token}` }
  const short = await get(path, headers)
  await short.text()
  const attachments = Array.from({ length: 10 }, (_, i) => ({
    url: `https://example.org/${i}/${'tea'.repeat(660)}`,
    name: '🍵'.repeat(250),
  }))
  const say = (i: number) =>
    ann.call('send_message', { room_id: id, content: `${i} ${'🍵'.repeat(3_900)}`, client_id: clientId(), attachments })
  for (let i = 0; i < 100; i += 20) await Promise.all(Array.from({ length: 20 }, (_, n) => say(i + n)))
  const long = await get(path, headers)
  const text = await long.text()
  const said = (answer: Response) => [...answer.headers.keys()].filter((name) => !/^(?:content-length|transfer-encoding)$/.test(name))
  expect(JSON.parse(text)).toEqual(await ann.call('list_messages', { room_id: id, limit: 100 }))
  expect(Buffer.byteLength(text)).toBeGreaterThan(4_500_000) // Linux holds 4 MB of it
  expect([long.status, long.headers.get('content-type'), said(long)]).toEqual([200, 'application/json', said(short)])

  const { hostname, port } = new URL(house.url)
  const reader = connect(Number(port), hostname)
  await once(reader, 'connect')
  reader.pause()
  reader.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\nconnection: close\r\n\r\n`)
  await sleep(300) // the rest waits in the server
  const read: Buffer[] = []
  for await (const bytes of reader) read.push(bytes as Buffer)
  expect(withoutHead(Buffer.concat(read)) === text).toBe(true)
})

/** What an answer says, when it comes in chunks. */
function withoutHead(answer: Buffer): string {
  const parts: Buffer[] = []
  for (let at = answer.indexOf('\r\n\r\n') + 4, size = 1; size > 0;) {
    const end = answer.indexOf('\r\n', at)
    size = Number.parseInt(answer.toString('latin1', at, end), 16)
    parts.push(answer.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts).toString()
}

test('pages of allowed origins may ask, others may not read', async () => {
  const allowed = await get('/health/live', { origin: 'https://chat.example.org' })
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://chat.example.org')
  const other = await get('/health/live', { origin: 'https://evil.example' })
  expect(other.headers.get('access-control-allow-origin')).toBeNull()
  const preflight = await fetch(`${house.url}/api/v1/rooms`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://chat.example.org',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
})

test('no token and no ticket is ever logged', async () => {
  const ann = await house.guest()
  const { ticket } = await ann.call('create_ws_ticket', {})
  await house.socket({ query: `?ticket=${ticket}` }).expectEvent('ready')
  await house.socket({ query: `?token=${ann.token}` }).expectEvent('ready')
  await get(`/api/v1/rooms?token=${ann.token}`)
  const log = house.logged.join('\n')
  expect(log).not.toContain(ticket)
  expect(log).not.toContain(ann.token.slice(-20))
})
