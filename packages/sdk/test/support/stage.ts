/** A client and a scripted server that know each other, with time in the hands of the test. */
import type { JoinedRoom, Ready, Resume } from '@teahouse/protocol'
import { createTeahouse, type LocksPort, memoryStorage, type NetworkPort, type StoragePort, type Teahouse } from '@teahouse/sdk'
import { createFakeClock } from './fake-clock.ts'
import { type FakeSocket, startFakeServer } from './fake-server.ts'
import { newReady, newSession } from './samples.ts'
import { until } from './until.ts'

export type FakeNetwork = NetworkPort & { set(online: boolean): void }

function createFakeNetwork(): FakeNetwork {
  let on = true
  const watching = new Set<() => void>()
  return {
    online: () => on,
    watch(changed) {
      watching.add(changed)
      return () => void watching.delete(changed)
    },
    set(next) {
      on = next
      for (const changed of watching) changed()
    },
  }
}

/** Locks as a browser has them, for tabs that share this object; `die` frees what a tab held, as its end would. */
export function createFakeLocks() {
  const held = new Map<string, Promise<unknown>>()
  const locks: LocksPort = {
    async hold(name, task) {
      while (held.has(name)) await held.get(name)
      const running = task()
      held.set(
        name,
        running.then(
          () => held.delete(name),
          () => held.delete(name),
        ),
      )
      return running
    },
    async holdIfFree(name, task) {
      if (held.has(name)) return false
      await locks.hold(name, task)
      return true
    },
  }
  return { ...locks, die: (part: string) => [...held.keys()].filter((name) => name.includes(part)).forEach((name) => held.delete(name)) }
}

export type Stage = ReturnType<typeof setStage>

const stages: (() => void)[] = []
/** For `afterEach`. */
export const clearStages = (): void => stages.splice(0).forEach((clear) => clear())

export function setStage(options: { heartbeatMs?: number } = {}) {
  const server = startFakeServer(options.heartbeatMs)
  const clock = createFakeClock()
  const network = createFakeNetwork()
  const locks = createFakeLocks()
  const storage = memoryStorage()
  const clients: Teahouse[] = []
  let shut = false
  stages.push(() => {
    for (const client of clients) client.stop()
    void server.stop()
  })
  server.route('login', () => newSession())
  server.route('logout', () => undefined)

  function newClient(own: { storage?: StoragePort } = {}): Teahouse {
    const openSocket = (url: string) => new WebSocket(shut ? 'ws://127.0.0.1:1' : url)
    const client = createTeahouse({
      url: server.url,
      ports: { openSocket, fetch: server.fetch, clock, network, locks, storage: own.storage ?? storage, random: () => 0 },
    })
    clients.push(client)
    return client
  }
  /** Lets time pass, unless a request is on its way: a slow machine must not use up the patience of the client. */
  async function pass(ms: number): Promise<void> {
    if (server.isQuiet()) await clock.advance(ms)
  }
  /** No new connection reaches the server. */
  const shutDoor = (next: boolean): void => void (shut = next)
  return { server, clock, network, locks, storage, newClient, pass, shut: shutDoor }
}

/** Plays the server's part of coming in: takes the next connection, hears `authenticate`, says `ready`. */
export async function welcome(stage: Stage, rooms: JoinedRoom[] = [], changes: Partial<Ready> = {}) {
  const socket = await stage.server.nextSocket()
  const { id, payload } = await socket.expect('authenticate')
  socket.say('ready', newReady(rooms, changes), id)
  return { socket, token: payload.token, resume: payload.resume as Resume | undefined }
}

export const phaseOf = (client: Teahouse) => client.view('connection').phase

/** A signed-in client that is live, and its socket. */
export async function liveClient(
  stage: Stage,
  rooms: JoinedRoom[] = [],
  changes: Partial<Ready> = {},
): Promise<{ client: Teahouse; socket: FakeSocket }> {
  const client = stage.newClient()
  await client.login({ login: 'me', password: 'correct horse' })
  const starting = client.start()
  const { socket } = await welcome(stage, rooms, changes)
  await starting
  return { client, socket }
}

/** Lets the client lose its line and come back: answers the new socket and what it asked to resume. */
export async function comeBack(stage: Stage, client: Teahouse, lose: () => void, rooms: JoinedRoom[] = [], changes: Partial<Ready> = {}) {
  lose()
  await until(() => phaseOf(client) === 'waiting', 'the loss to be noticed')
  await stage.clock.advance(1_000)
  return welcome(stage, rooms, changes)
}
