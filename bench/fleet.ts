/**
 * What a fleet costs: the same work on one instance alone, one with Redis, two and three, members spread over them.
 * `npm run bench:fleet -- [--seconds N] [--rate N] [--rooms N] [--members N]`
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { restClient } from '../packages/server/test/support/rest.ts'
import { startPostgres } from '../scripts/servers/postgres.ts'
import { startRedis, type TestRedis } from '../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../scripts/servers/teahouse.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '200' },
    rooms: { type: 'string', default: '20' },
    members: { type: 'string', default: '20' },
  },
})
const [seconds, rate, rooms, members] = [values.seconds, values.rate, values.rooms, values.members].map(Number) as [
  number,
  number,
  number,
  number,
]
const TICKS_PER_SECOND = 100
const SHAPES = [
  { name: 'alone', instances: 1, redis: false },
  { name: '1 + Redis', instances: 1, redis: true },
  { name: '2 + Redis', instances: 2, redis: true },
  { name: '3 + Redis', instances: 3, redis: true },
] as const

type Row = Record<string, number | string>
type Times = { readonly near: number[]; readonly far: number[] }

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

async function measure(shape: (typeof SHAPES)[number], redis: TestRedis, postgres: string, folder: string): Promise<Row> {
  const environment = {
    DATABASE_URL: postgres,
    SECRET: 'bench bench bench bench bench bench bench',
    ...Object.fromEntries(
      ['MESSAGES_BURST', 'WRITES_PER_MINUTE', 'AUTH_PER_ACCOUNT_MINUTE', 'AUTH_PER_ADDRESS_MINUTE'].map((name) => [`LIMIT_${name}`, '0']),
    ),
    ...(shape.redis ? { REDIS_URL: redis.url } : {}),
  }
  const instances = await Promise.all(
    Array.from({ length: shape.instances }, (_, i) => teahouseInstance(folder, `${shape.name}-${i}`, environment)),
  )
  try {
    for (const instance of instances) await instance.start()
    return { fleet: shape.name, ...(await work(instances, shape.redis ? redis : null)) }
  } finally {
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')))
  }
}

async function work(instances: readonly TestInstance[], redis: TestRedis | null): Promise<Row> {
  const times: Times = { near: [], far: [] }
  const run = crypto.randomUUID().slice(0, 8)
  const rest = restClient(instances[0]?.url ?? '')
  const people = []
  for (let i = 0; i < members; i++) people.push(await rest.newcomer(`bench-${run}-${i}`))
  const owner = people[0]?.access_token
  const ids: string[] = []
  for (let r = 0; r < rooms; r++) {
    const { id } = (await rest.call('create_room', { name: `bench ${run} ${r}` }, { token: owner })).body
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
  const sent = await send(sockets, ids, instances.length)
  await Bun.sleep(500)
  const after = await figures(instances, redis)
  for (const socket of sockets) socket.close()
  return rowOf(times, sent, difference(before, after))
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

async function send(sockets: readonly WebSocket[], ids: readonly string[], instances: number): Promise<number> {
  const started = performance.now()
  let sent = 0
  while (performance.now() - started < seconds * 1_000) {
    const due = ((performance.now() - started) / 1_000) * rate
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

function rowOf({ near, far }: Times, sent: number, spent: Figures): Row {
  const at = (sorted: number[], share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1))
  const deliveries = near.length + far.length
  const [here, there] = [near.toSorted((a, b) => a - b), far.toSorted((a, b) => a - b)]
  return {
    sent,
    deliveries,
    expected: sent * members,
    'CPU µs a delivery': Number(((spent.cpu * 1_000) / deliveries).toFixed(1)),
    'Redis CPU µs a delivery': Number(((spent.redisCpu * 1_000) / deliveries).toFixed(1)),
    'same instance p50': at(here, 0.5),
    'same p99': at(here, 0.99),
    'across p50': at(there, 0.5),
    'across p99': at(there, 0.99),
    'publishes an event': Number((spent.publishes / Math.max(1, spent.events)).toFixed(2)),
    'Redis bytes an event': Math.round(spent.redisBytes / Math.max(1, spent.events)),
    'read from the log': spent.healed,
  }
}

const folder = mkdtempSync(join(tmpdir(), 'teahouse-bench-fleet-'))
const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
const rows: Row[] = []
try {
  for (const shape of SHAPES) rows.push(await measure(shape, redis, postgres.url, folder))
} finally {
  await Promise.all([postgres.remove(), redis.remove()])
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${rooms} rooms of ${members}, ${rate} sends a second for ${seconds} s; ${cpus().length} cores, shared by all; times in ms`)
console.table(rows)
const out = resolve(import.meta.dir, '../artifacts/bench')
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'fleet.json'), JSON.stringify({ rooms, members, rate, seconds, rows }, null, 2))
