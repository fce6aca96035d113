/** What a fleet costs: the same work on one instance alone, one with Redis, two and three, members spread over them; and how it grows with rooms and listeners. */
import { readFileSync } from 'node:fs'
import { restClient } from '../../packages/server/test/support/rest.ts'
import { startPostgres } from '../../scripts/servers/postgres.ts'
import { startRedis, type TestRedis } from '../../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../../scripts/servers/teahouse.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import type { Plot } from '../report/plot.ts'
import type { Context, Scenario } from './scenario.ts'

const RATE = 200 // sends a second, so that nothing waits for the processors
const WITHIN_MS = 2
const TICKS_PER_SECOND = 100

type Shape = { readonly name: string; readonly instances: number; readonly redis: boolean }
type Work = { readonly rooms: number; readonly members: number }
type Times = { readonly near: number[]; readonly far: number[] }

const ALONE: Shape = { name: 'alone', instances: 1, redis: false }
const PAIR: Shape = { name: '2 + Redis', instances: 2, redis: true }
const SHAPES: readonly Shape[] = [
  ALONE,
  { name: '1 + Redis', instances: 1, redis: true },
  PAIR,
  { name: '3 + Redis', instances: 3, redis: true },
]
const USUAL: Work = { rooms: 20, members: 20 }
/** One more and one less of each, for how the costs grow. */
const OTHERS: readonly Work[] = [
  { rooms: 5, members: 20 },
  { rooms: 60, members: 20 },
  { rooms: 20, members: 5 },
  { rooms: 20, members: 60 },
]

export const fleet: Scenario = async (context) => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  const measured: Measured[] = []
  try {
    for (const shape of SHAPES) {
      const works = shape === ALONE || shape === PAIR ? [USUAL, ...OTHERS] : [USUAL]
      measured.push(...(await measure(context, shape, works, redis, postgres.url)))
    }
  } finally {
    await Promise.all([postgres.remove(), redis.remove()])
  }
  const pair = measured.find(({ shape, work }) => shape === PAIR && work === USUAL)
  const further = (pair?.farP50Ms ?? Number.NaN) - (pair?.nearP50Ms ?? Number.NaN)
  return {
    name: 'fleet',
    goals: [
      {
        what: 'delivery to another instance, p50, beyond that on the same instance',
        goal: `<= ${WITHIN_MS} ms`,
        measured: milliseconds(further),
        met: further <= WITHIN_MS,
      },
    ],
    tables: [
      {
        title: `fleet: ${RATE} sends a second, all processes on the same cores, members spread evenly over the instances`,
        head: [
          'instances',
          'rooms x members',
          'deliveries',
          'CPU µs a delivery',
          'Redis CPU µs a delivery',
          'same instance p50 / p99',
          'across p50 / p99',
          'publishes an event',
          'Redis bytes an event',
          'read from the log',
        ],
        rows: measured.map((one) => [
          one.shape.name,
          `${one.work.rooms} x ${one.work.members}`,
          `${thousands(one.deliveries)} of ${thousands(one.expected)}`,
          fixed(one.cpuUs, 1),
          fixed(one.redisCpuUs, 1),
          `${milliseconds(one.nearP50Ms)} / ${milliseconds(one.nearP99Ms)}`,
          one.shape.instances > 1 ? `${milliseconds(one.farP50Ms)} / ${milliseconds(one.farP99Ms)}` : '-',
          fixed(one.publishesAnEvent, 2),
          thousands(one.redisBytesAnEvent),
          thousands(one.healed),
        ]),
      },
    ],
    plots: plots(measured),
    measured,
  }
}

function plots(measured: readonly Measured[]): Plot[] {
  const y = { title: 'CPU µs of all instances a delivery', log: false }
  const growth = (name: keyof Work, shape: Shape): [number, number][] =>
    measured
      .filter((one) => one.shape === shape && (one.work === USUAL || one.work[name] !== USUAL[name]))
      .map(({ work, cpuUs }): [number, number] => [work[name], cpuUs])
      .toSorted(([a], [b]) => a - b)
  const both = (name: keyof Work) => [ALONE, PAIR].map((shape) => ({ name: shape.name, points: growth(name, shape) }))
  const usual = measured.filter(({ work }) => work === USUAL)
  return [
    {
      file: 'fleet-instances',
      title: 'A fleet: cost of a delivery over instances',
      x: { title: 'instances', log: false },
      y,
      series: [
        { name: 'with Redis', points: usual.filter(({ shape }) => shape.redis).map(({ shape, cpuUs }) => [shape.instances, cpuUs]) },
        { name: 'alone', points: usual.filter(({ shape }) => !shape.redis).map(({ shape, cpuUs }) => [shape.instances, cpuUs]) },
      ],
    },
    { file: 'fleet-rooms', title: 'A fleet: cost of a delivery over rooms', x: { title: 'rooms', log: true }, y, series: both('rooms') },
    {
      file: 'fleet-listeners',
      title: 'A fleet: cost of a delivery over listeners of a room',
      x: { title: 'members of a room', log: true },
      y,
      series: both('members'),
    },
  ]
}

/** Milliseconds of processor time, of us and of the system for us. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND
}

async function metric(instances: readonly TestInstance[], name: string): Promise<number> {
  const texts = await Promise.all(instances.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
  return texts.reduce((sum, text) => sum + Number(new RegExp(`^teahouse_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0), 0)
}

async function redisBytes(redis: TestRedis | null): Promise<number> {
  if (!redis) return 0
  const told = String(await redis.ask('INFO', 'stats'))
  return ['input', 'output'].reduce((sum, way) => sum + Number(new RegExp(`total_net_${way}_bytes:(\\d+)`).exec(told)?.[1] ?? 0), 0)
}

/** A socket that says and hears nothing but messages. */
async function socketOf(url: string, token: string, hear: (sentAt: number, from: number) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${token}`)
  await new Promise<void>((ready, fail) => {
    socket.addEventListener('close', () => fail(new Error('a socket closed')))
    socket.addEventListener('message', ({ data }) => {
      const text = String(data)
      if (text.startsWith('{"type":"ready"')) ready()
      const [, at, from] = /"content":"at (\d+\.\d+) from (\d+)/.exec(text) ?? []
      if (at) hear(Number(at), Number(from))
    })
  })
  return socket
}

async function measure(
  { stage, say, seconds }: Context,
  shape: Shape,
  works: readonly Work[],
  redis: TestRedis,
  postgres: string,
): Promise<Measured[]> {
  const environment = {
    DATABASE_URL: postgres,
    SECRET: 'bench bench bench bench bench bench bench',
    ...Object.fromEntries(
      ['MESSAGES_BURST', 'WRITES_PER_MINUTE', 'AUTH_PER_ACCOUNT_MINUTE', 'AUTH_PER_ADDRESS_MINUTE'].map((name) => [`LIMIT_${name}`, '0']),
    ),
    ...(shape.redis ? { REDIS_URL: redis.url } : {}),
  }
  const instances = await Promise.all(
    Array.from({ length: shape.instances }, (_, i) => teahouseInstance(stage.folder, `${shape.name}-${i}`, environment)),
  )
  try {
    for (const instance of instances) await instance.start()
    const measured: Measured[] = []
    for (const work of works) {
      say(`fleet ${shape.name}: ${work.rooms} rooms of ${work.members}`)
      measured.push({ shape, work, ...(await run(instances, shape.redis ? redis : null, work, seconds)) })
    }
    return measured
  } finally {
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')))
  }
}

async function run(instances: readonly TestInstance[], redis: TestRedis | null, { rooms, members }: Work, seconds: number): Promise<Found> {
  const times: Times = { near: [], far: [] }
  const name = crypto.randomUUID().slice(0, 8)
  const rest = restClient(instances[0]?.url ?? '')
  const people = []
  for (let i = 0; i < members; i++) people.push(await rest.newcomer(`bench-${name}-${i}`))
  const owner = people[0]?.access_token
  const ids: string[] = []
  for (let r = 0; r < rooms; r++) {
    const { id } = (await rest.call('create_room', { name: `bench ${name} ${r}` }, { token: owner })).body
    for (const { user } of people.slice(1)) await rest.call('add_member', { room_id: id, user_id: user.id }, { token: owner })
    ids.push(id)
  }
  const sockets = await Promise.all(
    people.map((person, i) => {
      const at = i % instances.length
      return socketOf(instances[at]?.url ?? '', person.access_token, (sentAt, from) =>
        times[from === at ? 'near' : 'far'].push(performance.now() - sentAt),
      )
    }),
  )
  await Bun.sleep(1_500) // all channels are heard; nothing below depends on it but the first figures
  for (const part of [times.near, times.far]) part.length = 0
  const before = await figures(instances, redis)
  const sent = await send(sockets, ids, instances.length, seconds)
  await Bun.sleep(500)
  const spent = difference(before, await figures(instances, redis))
  for (const socket of sockets) socket.close()
  return foundOf(times, sent * members, spent)
}

const figures = async (instances: readonly TestInstance[], redis: TestRedis | null) => ({
  cpu: instances.reduce((sum, { pid }) => sum + cpuMs(pid()), 0),
  redisCpu: redis ? cpuMs(redis.pid()) : 0,
  publishes: await metric(instances, 'bus_publishes_total'),
  events: await metric(instances, 'bus_events_total'),
  healed: await metric(instances, 'feed_events_healed_total'),
  redisBytes: await redisBytes(redis),
})
type Figures = Awaited<ReturnType<typeof figures>>
const difference = (before: Figures, after: Figures): Figures =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Figures]])) as Figures

async function send(sockets: readonly WebSocket[], ids: readonly string[], instances: number, seconds: number): Promise<number> {
  const started = performance.now()
  let sent = 0
  while (performance.now() - started < seconds * 1_000) {
    const due = ((performance.now() - started) / 1_000) * RATE
    for (; sent < due; sent++) {
      const s = sent % sockets.length
      const content = `at ${performance.now().toFixed(3)} from ${s % instances} ${'x'.repeat(160)}`
      sockets[s]?.send(
        JSON.stringify({ type: 'send_message', payload: { room_id: ids[sent % ids.length], content, client_id: crypto.randomUUID() } }),
      )
    }
    await Bun.sleep(2)
  }
  return sent
}

type Measured = Found & { readonly shape: Shape; readonly work: Work }
type Found = ReturnType<typeof foundOf>

function foundOf({ near, far }: Times, expected: number, spent: Figures) {
  const at = (times: number[], share: number) => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN
  const deliveries = near.length + far.length
  return {
    deliveries,
    expected,
    cpuUs: (spent.cpu * 1_000) / deliveries,
    redisCpuUs: (spent.redisCpu * 1_000) / deliveries,
    nearP50Ms: at(near, 0.5),
    nearP99Ms: at(near, 0.99),
    farP50Ms: at(far, 0.5),
    farP99Ms: at(far, 0.99),
    publishesAnEvent: spent.publishes / Math.max(1, spent.events),
    redisBytesAnEvent: Math.round(spent.redisBytes / Math.max(1, spent.events)),
    healed: spent.healed,
  }
}
