/** The SDK against the real server: lost networks, killed servers, resumes, resets, tokens, and a bot. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { memoryStorage, type NetworkPort, type SocketLike, type Teahouse } from '@teahouse/sdk'
import { closeRealServers, contents, meOf, openRealServer, PASSWORD, type RealServer } from './support/real-server.ts'
import { rejection, until } from './support/until.ts'

let server: RealServer
let ann: Teahouse
let ben: Teahouse
beforeAll(async () => {
  server = await openRealServer()
  ;[ann, ben] = await Promise.all([server.person(), server.person()])
}, 120_000)
afterAll(closeRealServers, 60_000)

const phaseOf = (client: Teahouse) => client.view('connection').phase

/** A room of these people, known to all of them. */
async function roomOf(owner: Teahouse, ...others: Teahouse[]): Promise<string> {
  const { id } = await owner.api.create_room({ name: `room ${crypto.randomUUID().slice(0, 8)}` })
  for (const other of others) await owner.api.add_member({ room_id: id, user_id: meOf(other).id })
  for (const one of [owner, ...others]) await until(() => one.view(`room:${id}`))
  return id
}

/** A network that a test can take away: new connections fail, the present ones are cut. */
function unreliable() {
  let on = true
  const open = new Set<WebSocket>()
  const watching = new Set<() => void>()
  const network: NetworkPort = {
    online: () => on,
    watch(changed) {
      watching.add(changed)
      return () => void watching.delete(changed)
    },
  }
  return {
    ports: {
      network,
      fetch: (url: string, init: RequestInit) => (on ? fetch(url, init) : Promise.reject(new TypeError('no network'))),
      openSocket(url: string): SocketLike {
        const socket = new WebSocket(on ? url : 'ws://127.0.0.1:1')
        open.add(socket)
        return socket
      },
    },
    set(next: boolean): void {
      on = next
      if (!on) for (const socket of open) socket.close()
      for (const changed of watching) changed()
    },
  }
}

test('two people talk: what one sends the other hears, unread until read', async () => {
  const room = await roomOf(ann, ben)
  const sent = await ann.delivered(ann.send(room, { content: 'hello @person-2' }))
  await until(() => contents(ben, room).includes('hello @person-2'))
  expect(ben.view(`room:${room}`)?.membership).toMatchObject({ unread_count: 1, mention_count: meOf(ben).username === 'person-2' ? 1 : 0 })
  ben.markRead(room, sent.seq)
  expect(ben.view(`room:${room}`)?.membership.unread_count).toBe(0)
  await until(async () => (await ben.api.get_room({ room_id: room })).membership?.unread_count === 0)
  await until(() => ann.view(`outbox:${room}`).length === 0)
})

test('offline, written, online: exactly one message, in order, and what was missed is there', async () => {
  const net = unreliable()
  const cat = await server.person(net.ports)
  const room = await roomOf(ann, cat)
  net.set(false)
  await until(() => phaseOf(cat) === 'waiting')
  const written = ['one', 'two', 'three'].map((content) => cat.send(room, { content }))
  await ann.delivered(ann.send(room, { content: 'meanwhile' }))
  net.set(true)
  await Promise.all(written.map((clientId) => cat.delivered(clientId)))
  await until(() => contents(ann, room).length === 4 && contents(cat, room).length === 4)
  expect(contents(cat, room)).toEqual(['meanwhile', 'one', 'two', 'three'])
  expect(contents(ann, room)).toEqual(['meanwhile', 'one', 'two', 'three'])
})

test('killed without a word while many write, and started again: every message once, in its writer’s order', async () => {
  const room = await roomOf(ann, ben)
  const phases: string[] = []
  const stop = ann.on('connection_changed', ({ phase }) => phases.push(phase))
  const written = [ann, ben].flatMap((client, who) =>
    Array.from({ length: 15 }, (_, n) => ({ client, id: client.send(room, { content: `${who} ${n}` }) })),
  )
  await ann.delivered(written[3]?.id ?? '')
  await server.kill()
  await until(() => phaseOf(ann) === 'waiting')
  written.push({ client: ann, id: ann.send(room, { content: '0 15' }) })
  await server.start()
  await Promise.all(written.map(({ client, id }) => client.delivered(id)))
  for (const client of [ann, ben]) await until(() => client.view(`outbox:${room}`).length === 0)
  const { items } = await ann.api.list_messages({ room_id: room, limit: 100 })
  expect(items).toHaveLength(31)
  for (const who of [0, 1]) {
    const numbers = items.filter(({ content }) => content.startsWith(`${who} `)).map(({ content }) => Number(content.split(' ')[1]))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }
  for (const client of [ann, ben]) await until(() => contents(client, room).length === 31)
  expect(contents(ben, room)).toEqual(items.map(({ content }) => content))
  expect(phases).toContain('catching_up')
  stop()
}, 120_000)

test('asked to leave by SIGTERM, clients are told, come back, and miss nothing', async () => {
  const room = await roomOf(ann, ben)
  const told: string[] = []
  ann.on('going_away', ({ reason }) => told.push(reason))
  server.signal('SIGTERM')
  await server.ended()
  const id = ann.send(room, { content: 'written while nobody was there' })
  await server.start()
  await ann.delivered(id)
  await until(() => contents(ben, room).includes('written while nobody was there'))
  expect(told).toEqual(['shutdown'])
}, 120_000)

test('too far behind for a resume, a room starts anew in place, and is exact', async () => {
  const net = unreliable()
  const cat = await server.person(net.ports)
  const room = await roomOf(ann, cat)
  await cat.loadLatest(room)
  const epoch = cat.view(`timeline:${room}`)?.epoch ?? 0
  net.set(false)
  await until(() => phaseOf(cat) === 'waiting')
  const target = await ann.delivered(ann.send(room, { content: 'many hearts' }))
  const reaction = { message_id: target.message_id, emoji: '🍵' }
  for (let i = 0; i < 13; i++)
    // 520 events, one more than a resume replays
    await Promise.all(Array.from({ length: 40 }, (_, n) => ann.command(n % 2 === 0 ? 'add_reaction' : 'remove_reaction', reaction)))
  const resets: string[][] = []
  cat.on('caught_up', ({ reset }) => resets.push(reset))
  net.set(true)
  await until(() => phaseOf(cat) === 'live')
  expect(resets).toEqual([[room]])
  expect(cat.view(`timeline:${room}`)?.epoch).toBe(epoch + 1)
  await cat.loadLatest(room)
  expect(cat.view(`room:${room}`)).toEqual((await cat.api.get_room({ room_id: room })) as never)
}, 120_000)

test('a spent access token is renewed on the way, and a refused refresh token ends the session', async () => {
  const storage = memoryStorage()
  const cat = await server.person({ storage })
  const kept = JSON.parse((await storage.get('teahouse:session')) ?? '{}') as Record<string, unknown>
  await storage.set('teahouse:session', JSON.stringify({ ...kept, access_token: 'spent' }))
  const reloaded = server.newClient({ storage })
  await reloaded.restore()
  await reloaded.start()
  expect((await reloaded.api.get_me()).id).toBe(meOf(cat).id)
  await storage.set('teahouse:session', JSON.stringify({ ...kept, access_token: 'spent', refresh_token: 'wrong' }))
  const stranger = server.newClient({ storage })
  await stranger.restore()
  expect((await rejection(stranger.start())).code).toBe('unauthorized')
  expect(stranger.view('session')).toMatchObject({ status: 'signed_out' })
})

test('renewing the token on the open socket, again and again while others write, interrupts and loses nothing', async () => {
  let refreshes = 0
  const cat = await server.person({
    clock: {
      now: Date.now,
      after(ms, callback) {
        const timer = setTimeout(callback, ms > 60_000 ? 150 : ms) // an hour passes in no time
        return () => clearTimeout(timer)
      },
    },
    fetch(url, init) {
      if (url.endsWith('/auth/refresh')) refreshes++
      return fetch(url, init)
    },
  })
  const room = await roomOf(ann, cat)
  const phases: string[] = []
  const heard: number[] = []
  cat.on('connection_changed', ({ phase }) => phases.push(phase))
  cat.on('message_sent', ({ seq }) => heard.push(seq))
  const before = refreshes
  let last = ''
  for (let i = 0; i < 10_000 && refreshes < before + 3; i++) await ann.delivered((last = ann.send(room, { content: `${i}` })))
  const { seq } = await ann.delivered(last)
  await until(() => heard.at(-1) === seq)
  expect(refreshes).toBeGreaterThanOrEqual(before + 3)
  expect(heard).toEqual(Array.from(heard, (_, i) => (heard[0] ?? 0) + i))
  expect(phases).toEqual([])
}, 120_000)

test('two tabs whose tokens ran out refresh without shutting each other out', async () => {
  const storage = memoryStorage()
  const first = await server.person({ storage })
  const kept = JSON.parse((await storage.get('teahouse:session')) ?? '{}') as Record<string, unknown>
  await storage.set('teahouse:session', JSON.stringify({ ...kept, expires_at: 0, renew_at: 0 }))
  const tabs = [server.newClient({ storage }), server.newClient({ storage }), server.newClient({ storage })]
  for (const tab of tabs) await tab.restore()
  const answers = await Promise.all(tabs.flatMap((tab) => [tab.api.get_me(), tab.api.get_me()]))
  expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([meOf(first).id]))
  expect((await first.api.list_sessions()).items).toHaveLength(1)
})

test('an ended session closes the connection at once and says so', async () => {
  const cat = await server.person()
  const { id } = meOf(cat)
  const other = server.newClient()
  await other.login({ login: meOf(cat).username, password: PASSWORD })
  const { items } = await other.api.list_sessions()
  const theirs = items.find(({ current }) => !current)
  await other.api.end_session({ session_id: theirs?.id ?? '' })
  await until(() => cat.view('session').status === 'signed_out')
  expect(cat.view('session')).toEqual({ status: 'signed_out', reason: 'session_ended' })
  expect(cat.view('connection')).toEqual({ phase: 'closed', because: 'session_ended' })
  expect(meOf(other).id).toBe(id)
})

test('kicked while looking at the room: it is gone with its reason', async () => {
  const cat = await server.person()
  const room = await roomOf(ann, cat)
  await cat.loadLatest(room)
  await ann.api.kick_member({ room_id: room, user_id: meOf(cat).id })
  await until(() => cat.view(`departure:${room}`))
  expect(cat.view(`departure:${room}`)?.reason).toBe('kicked')
  expect(cat.view('rooms')).not.toContain(room)
})

test('typing and presence are heard, and slow mode is waited for', async () => {
  const room = await roomOf(ann, ben)
  ben.typing(room)
  await until(() => ann.view(`typing:${room}`).includes(meOf(ben).id))
  ben.stopTyping(room)
  await until(() => ann.view(`typing:${room}`).length === 0)
  ben.setPresence('busy')
  await until(() => ann.view(`presence:${meOf(ben).id}`)?.status === 'busy')
  await ann.api.update_room({ room_id: room, slow_mode_s: 5 })
  await ben.delivered(ben.send(room, { content: 'first' }))
  const second = ben.send(room, { content: 'second' })
  await until(() => ben.view(`outbox:${room}`)[0]?.error?.code === 'slow_mode')
  expect((await ben.delivered(second)).replayed).toBe(false)
}, 120_000)

test('the echo bot echoes', async () => {
  const bot = await server.person()
  const room = await roomOf(ann, bot)
  bot.stop()
  const program = join(import.meta.dir, '../examples/echo-bot.ts')
  const child = Bun.spawn([process.execPath, program, server.url, meOf(bot).username, PASSWORD], { stdout: 'pipe', stderr: 'inherit' })
  try {
    const reader = child.stdout.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('listens in 1 rooms')
    await ann.delivered(ann.send(room, { content: 'is anybody there?' }))
    await until(() => contents(ann, room).length === 2)
    expect(contents(ann, room)).toEqual(['is anybody there?', 'is anybody there?'])
  } finally {
    child.kill()
    await child.exited
  }
})
