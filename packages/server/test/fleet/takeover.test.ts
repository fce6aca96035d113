/** The relay's leader goes without a goodbye while Kafka is there: another sends within seconds, in order and without holes. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startKafka, type TestKafka } from '../../../../scripts/servers/kafka.ts'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../../../../scripts/servers/teahouse.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { expectPromisesKept } from '../support/promises.ts'
import { restClient } from '../support/rest.ts'
import { until } from '../support/until.ts'
import { disorder, envelopeOf, readTopic } from './support/kafka-topic.ts'

const LONG = 180_000
/** What is promised is five seconds; a machine under load gets more before it is called broken. */
const PATIENCE_MS = 15_000
const INSTANCES = 3
let [kafka, redis, database]: [TestKafka?, TestRedis?, FreshDatabase?] = []
let instances: TestInstance[] = []
let asking: Client
const folder = mkdtempSync(join(tmpdir(), 'teahouse-takeover-'))

beforeAll(async () => {
  ;[kafka, redis, database] = await Promise.all([startKafka(), startRedis(), freshDatabase()])
  asking = new Client(database.url)
  await asking.connect()
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    KAFKA_BROKERS: kafka.broker,
    SECRET: 'a secret for the takeover of the relay',
    LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  }
  for (let i = 0; i < INSTANCES; i++) instances.push(await teahouseInstance(folder, `instance-${i}`, environment))
  for (const instance of instances) await instance.start()
}, LONG)
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.end('SIGKILL')))
  await asking.end()
  if (database) await expectPromisesKept(database.url)
  await Promise.all([kafka?.remove(), redis?.remove(), database?.drop()])
  rmSync(folder, { recursive: true, force: true })
}, LONG)

/** null: it does not say, as while it is frozen, or has just woken up. */
async function leads({ url }: TestInstance): Promise<boolean | null> {
  const metrics = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) })
    .then((answer) => answer.text())
    .catch(() => null)
  return metrics === null ? null : /^teahouse_relay_leads 1$/m.test(metrics)
}
async function leaderOf(these: readonly TestInstance[]): Promise<TestInstance> {
  let found: TestInstance | undefined
  await until(
    async () => {
      const leading = await Promise.all(these.map(leads))
      found = these.find((_, i) => leading[i])
      return found !== undefined
    },
    { withinMs: 60_000, everyMs: 100, what: 'a leader' },
  )
  if (!found) throw new Error('there is no leader')
  return found
}
const isEmpty = async () => (await asking.query('select 1 from outbox limit 1')).rowCount === 0

/** What is said through another right after the leader went is in Kafka; answers after how many milliseconds. */
async function takeover(go: (leader: TestInstance) => Promise<void>): Promise<{ leader: TestInstance; ms: number }> {
  await until(isEmpty, { withinMs: 30_000, what: 'the outbox to be empty' })
  const leader = await leaderOf(instances)
  const other = instances.find((instance) => instance !== leader) ?? leader
  const ann = restClient(other.url)
  const { access_token: token } = await ann.newcomer(`ann-${crypto.randomUUID().slice(0, 8)}`)
  const { body: room } = await ann.call('create_room', { name: `room ${crypto.randomUUID()}` }, { token })
  await until(isEmpty, { withinMs: 30_000, what: 'Kafka to be reached' })
  await go(leader)
  const gone = performance.now()
  const said = await ann.call(
    'send_message',
    { room_id: room?.id ?? '', content: 'who takes over?', client_id: crypto.randomUUID() },
    { token },
  )
  await until(isEmpty, { withinMs: PATIENCE_MS, what: 'another to send it' })
  const ms = Math.round(performance.now() - gone)
  const records = await readTopic(kafka?.broker ?? '', 'teahouse.chat-events')
  expect(records.map((record) => envelopeOf(record).event_id)).toContain(said.body?.id ?? 'the message')
  expect(disorder(records)).toEqual([])
  return { leader, ms }
}

test(
  'a leader that is killed is replaced, again and again',
  async () => {
    const took: number[] = []
    for (let i = 0; i < 4; i++) {
      const { leader, ms } = await takeover((instance) => instance.end('SIGKILL'))
      took.push(ms)
      await leader.start()
    }
    console.log(`the relay went on after ${took.join(', ')} ms`)
  },
  LONG,
)

test(
  'a leader that freezes is replaced too, and when it wakes up it does no harm',
  async () => {
    const { leader, ms } = await takeover(async (instance) => instance.signal('SIGSTOP'))
    console.log(`the relay went on after ${ms} ms`)
    leader.signal('SIGCONT')
    await until(async () => (await leads(leader)) === false, { withinMs: 30_000, everyMs: 100, what: 'the old leader to notice' })
    expect(disorder(await readTopic(kafka?.broker ?? '', 'teahouse.chat-events'))).toEqual([])
  },
  LONG,
)
