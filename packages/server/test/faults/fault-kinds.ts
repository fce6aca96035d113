/** What can go wrong, each as an act on the world that is undone after a while. */
import { connect, type Socket } from 'node:net'
import type { Guest } from './guest.ts'
import type { Random } from './random.ts'
import type { SdkGuest } from './sdk-guest.ts'
import type { World } from './world.ts'

export type Participant = Guest | SdkGuest
export type Stage = { readonly world: World; readonly guests: readonly Participant[]; readonly random: Random; readonly token: string }
/** What happened, in words, and how it ends. */
export type Running = { readonly told: string; undo(): Promise<void> }
export type FaultKind = (stage: Stage) => Promise<Running>

const nothing = async () => {}

/** Comes back however long it takes: a killed server may hold its files for a moment. */
async function startAgain(server: { start(): Promise<void> }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.start()
    } catch (error) {
      if (attempt === 10) throw error
      await Bun.sleep(300)
    }
  }
}

/** By name, so that the same chance takes the same line in every run. */
const lineOf = ({ lines }: World, random: Random) => random.pick(Object.entries(lines).toSorted(([a], [b]) => (a < b ? -1 : 1)))

export const FAILOVER = 'PostgreSQL fails over'
export const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  async 'an instance is killed'({ world, random }) {
    const i = random.whole(0, world.instances.length - 1)
    const instance = world.instances[i]
    await instance?.end('SIGKILL')
    return { told: `instance ${i} is killed`, undo: async () => (instance ? startAgain(instance) : undefined) }
  },
  async 'an instance freezes'({ world, random }) {
    const i = random.whole(0, world.instances.length - 1)
    world.instances[i]?.signal('SIGSTOP')
    return { told: `instance ${i} freezes`, undo: async () => world.instances[i]?.signal('SIGCONT') }
  },
  async 'Redis is killed'({ world, random }) {
    const [i, node] = random.pick([...world.redis.entries()])
    await node.end('SIGKILL')
    return { told: world.redis.length > 1 ? `node ${i} of Redis is killed` : 'Redis is killed', undo: () => startAgain(node) }
  },
  async 'Redis forgets'({ world }) {
    await Promise.all(world.redis.map((node) => node.ask('FLUSHALL')))
    return { told: 'FLUSHALL', undo: nothing }
  },
  async 'connections are reset'({ world, random }) {
    const [name, line] = lineOf(world, random)
    line.reset()
    return { told: `${name}: reset`, undo: nothing }
  },
  async 'a line stalls'({ world, random }) {
    const [name, line] = lineOf(world, random)
    line.stall()
    return { told: `${name}: stalled`, undo: async () => line.heal() }
  },
  async 'a line is deaf one way'({ world, random }) {
    const [name, line] = lineOf(world, random)
    const direction = random.pick(['there', 'back'] as const)
    line.lose(direction)
    return { told: `${name}: deaf ${direction}`, undo: async () => line.heal() }
  },
  async 'PostgreSQL is killed'({ world }) {
    const primary = world.postgres.primary()
    await primary.end('SIGKILL')
    return { told: 'PostgreSQL is killed', undo: () => startAgain(primary) }
  },
  async [FAILOVER]({ world }) {
    if (!world.postgres.standby()) await world.postgres.join() // the last one could not be built
    const tookMs = await world.postgres.failOver()
    return {
      told: `PostgreSQL is killed for good, the standby promoted after ${tookMs} ms`,
      undo: () => startAgain({ start: () => world.postgres.join() }),
    }
  },
  async 'the standby is killed'({ world }) {
    const standby = world.postgres.standby()
    await standby?.end('SIGKILL')
    return { told: 'the standby is killed, nothing can be acknowledged', undo: async () => (standby ? startAgain(standby) : undefined) }
  },
  async 'sessions of the database are terminated'({ world }) {
    const ended = await world.postgres
      .ask(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name like 'teahouse%' and pid <> pg_backend_pid() and (state <> 'idle' or random() < 0.3)`,
      )
      .catch(() => [])
    return { told: `${ended.length} sessions of the database are terminated`, undo: nothing }
  },
  async 'Kafka is killed'({ world }) {
    await world.kafka.end('SIGKILL')
    return { told: 'Kafka is killed', undo: () => startAgain(world.kafka) }
  },
  async 'a rolling restart'({ world }) {
    const took: string[] = []
    for (const instance of world.instances) {
      const asked = Date.now()
      await instance.end('SIGTERM')
      const ended = Date.now()
      await startAgain(instance)
      took.push(`${ended - asked} + ${Date.now() - ended}`)
    }
    return { told: `every instance is restarted in turn (${took.join(', ')} ms)`, undo: nothing }
  },
  async 'readers are stuck'({ world, token }) {
    const stuck = Array.from({ length: 5 }, () => stuckReader(Number(new URL(world.url).port), token))
    return { told: '5 sockets that never read', undo: async () => stuck.forEach((socket) => socket.destroy()) }
  },
  async 'everybody repeats'({ guests }) {
    for (const guest of guests) guest.repeatAll()
    return { told: 'everybody repeats all that he said last', undo: nothing }
  },
  async 'everybody hops'({ guests }) {
    for (const guest of guests) guest.hop()
    return { told: 'everybody loses the connection at once', undo: nothing }
  },
}

/** Upgrades, and takes nothing from then on. */
function stuckReader(port: number, token: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.write(
    `GET /ws?token=${token} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('0123456789abcdef')}\r\n\r\n`,
  )
  socket.pause()
  return socket
}
