/** Leaving in order: what was asked is answered, everybody is told to come back, and nothing answered is lost. */
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { Client } from 'pg'
import { freshDatabase } from './support/database.ts'
import { clientId, TestSocket, until } from './support/house.ts'
import { endProcesses, startProcess } from './support/process.ts'
import { expectPromisesKept } from './support/promises.ts'
import { restClient, SECRET } from './support/rest.ts'

setDefaultTimeout(60_000)
afterEach(endProcesses)
const FREE = { LIMIT_MESSAGES_BURST: '0', LIMIT_WRITES_PER_MINUTE: '0', LOG_LEVEL: 'warn', SECRET }

test('SIGTERM under load: commands on their way are answered, then going_away and 4000; what was answered is there afterwards', async () => {
  const database = await freshDatabase()
  const environment = { ...FREE, DATABASE_URL: database.url, DRAIN_S: '10' }
  const server = startProcess(environment)
  const url = await server.ready()
  const rest = restClient(url)
  const ann = await rest.newcomer()
  const options = { token: ann.access_token }
  const room = (await rest.call('create_room', { name: 'leaving' }, options)).body
  const wrong: string[] = []
  const sockets = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = new TestSocket(url, wrong)
      await socket.enter({ token: ann.access_token })
      return socket
    }),
  )
  const answered: { message_id: string; seq: number }[] = []
  const sending = sockets.flatMap((socket, who) =>
    Array.from({ length: 100 }, (_, i) =>
      socket
        .call('send_message', { room_id: room.id, content: `${who} ${i}`, client_id: clientId() })
        .then((reply) => void answered.push(reply)),
    ),
  )
  const outcomes = Promise.allSettled(sending)
  await until(() => answered.length > 0, { everyMs: 1 })
  server.signal('SIGTERM')
  const codes = await Promise.all(sockets.map((socket) => socket.closes()))
  expect(codes).toEqual(sockets.map(() => 4000))
  for (const socket of sockets) {
    expect(socket.of('going_away')).toMatchObject([{ reason: 'shutdown' }])
    expect(socket.of('going_away')[0]?.['reconnect_after_ms']).toBeGreaterThan(0)
  }
  const failed = (await outcomes).filter(({ status }) => status === 'rejected')
  expect(failed).toEqual([])
  expect(await server.exited).toBe(0)

  const next = startProcess(environment)
  const again = restClient(await next.ready())
  const kept = new Map<string, number>()
  for (let after_seq = 0, more = true; more;) {
    const page = (await again.call('list_messages', { room_id: room.id, after_seq, limit: 100 }, options)).body
    for (const { id, seq } of page.items) kept.set(id, seq)
    after_seq = page.items.at(-1)?.seq ?? 0
    more = page.has_more_after
  }
  expect(answered.filter(({ message_id, seq }) => kept.get(message_id) !== seq)).toEqual([])
  expect(wrong).toEqual([])
  next.signal('SIGTERM')
  expect(await next.exited).toBe(0)
  await expectPromisesKept(database.url)
  await database.drop()
})

test('while it leaves, readiness fails, new sockets are refused, and those who are in still hear', async () => {
  const database = await freshDatabase()
  const server = startProcess({ ...FREE, DATABASE_URL: database.url, DRAIN_S: '25' })
  const url = await server.ready()
  const rest = restClient(url)
  const ann = await rest.newcomer()
  const room = (await rest.call('create_room', { name: 'slow' }, { token: ann.access_token })).body
  const sockets = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const guest = await rest.newcomer()
      const socket = new TestSocket(url, [])
      await socket.enter({ token: guest.access_token })
      return socket
    }),
  )
  // a command that waits holds its socket, and with it the drain
  const holder = new Client(database.url)
  await holder.connect()
  await holder.query('begin')
  await holder.query('select 1 from streams where id = $1 for update', [room.id])
  const joining = sockets.map((socket) => socket.refusal('join_room', { room_id: room.id }))
  await Promise.all(sockets.map((socket) => socket.fence())) // a ping overtakes: the commands before it have arrived
  server.signal('SIGTERM')
  const statuses = new Set<string>()
  const watch = (async () => {
    while (!sockets.every((socket) => socket.closed)) {
      const ready = await fetch(`${url}/health/ready`).then(
        async (answer) =>
          `ready ${answer.status} ${((await answer.json()) as { dependencies: { process?: string } }).dependencies.process ?? ''}`,
        () => 'ready gone',
      )
      const live = await fetch(`${url}/health/live`).then(
        ({ status }) => `live ${status}`,
        () => 'live gone',
      )
      const upgrade = await fetch(`${url}/ws`).then(
        ({ status }) => `ws ${status}`,
        () => 'ws gone',
      )
      for (const each of [ready, live, upgrade]) statuses.add(each)
    }
  })()
  await until(() => statuses.has('ready 503 draining') && statuses.has('ws 503'), { what: 'those who come to be turned away' })
  await holder.end()
  expect(await Promise.all(joining)).toEqual(sockets.map(() => 'ok'))
  expect(await Promise.all(sockets.map((socket) => socket.closes()))).toEqual(sockets.map(() => 4000))
  await watch
  expect([...statuses]).not.toContain('live 503')
  expect(await server.exited).toBe(0)
  await database.drop()
})
