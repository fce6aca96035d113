/** Servers that ask who is there, reached through TLS under a private authority: all of it works, and whoever refuses us is told about in one line. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, newAuthority } from '../../../../scripts/servers/certificates.ts'
import { startKafka, type TestKafka } from '../../../../scripts/servers/kafka.ts'
import { startPostgres, type TestPostgres } from '../../../../scripts/servers/postgres.ts'
import { freePort } from '../../../../scripts/servers/program.ts'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../../../../scripts/servers/teahouse.ts'
import { FAST_SETTINGS } from '../support/database-server.ts'
import { endProcesses, startProcess } from '../support/process.ts'
import { restClient, SECRET } from '../support/rest.ts'
import { until } from '../support/until.ts'
import { disorder, readTopic } from './support/kafka-topic.ts'

const LONG = 180_000
const [USER, PASSWORD, WRONG] = ['teahouse', 'oolong-on-tuesday', 'assam-on-monday'] as const
/** What the documentation names: all that Teahouse needs of Redis. */
const ALLOWED = ['~teahouse:*', '&teahouse:*', '+@all', '-@admin', '-@dangerous']
const folder = mkdtempSync(join(tmpdir(), 'teahouse-secured-'))
let [authority, kafka, redis, postgres] = [] as unknown as [Authority, TestKafka, TestRedis, TestPostgres]
let redisTls = 0
const instances: TestInstance[] = []

beforeAll(async () => {
  authority = await newAuthority()
  const certificate = await authority.certify('servers')
  redisTls = await freePort()
  const tls = ['--tls-port', `${redisTls}`, '--tls-cert-file', certificate.certificate, '--tls-key-file', certificate.key]
  ;[kafka, redis, postgres] = await Promise.all([
    startKafka({ secured: { username: USER, password: PASSWORD, certificate } }),
    startRedis([...tls, '--tls-auth-clients', 'no', '--user', USER, 'on', `>${PASSWORD}`, ...ALLOWED]),
    startPostgres(FAST_SETTINGS, certificate),
  ])
}, LONG)
afterEach(async () => {
  await Promise.all([...instances.splice(0).map((instance) => instance.end('SIGKILL')), endProcesses()])
}, LONG)
afterAll(async () => {
  await Promise.all([kafka.remove(), redis.remove(), postgres.remove()])
  authority.remove()
  rmSync(folder, { recursive: true, force: true })
}, LONG)

const basics = () => ({ SECRET, DRAIN_S: '0', LOG_LEVEL: 'info', DATABASE_URL: postgres.url })
const kafkaAt = (brokers: string, password: string = PASSWORD) => ({
  KAFKA_BROKERS: brokers,
  KAFKA_USERNAME: USER,
  KAFKA_PASSWORD: password,
})
const byPassword = (password: string = PASSWORD) => ({
  ...kafkaAt(kafka.secured.scram, password),
  REDIS_URL: `redis://${USER}:${password}@127.0.0.1:${redis.port}`,
})
const throughTls = () => ({
  ...kafkaAt(kafka.secured.tls),
  KAFKA_TLS: 'true',
  REDIS_URL: `rediss://${USER}:${PASSWORD}@127.0.0.1:${redisTls}`,
  DATABASE_URL: `${postgres.url}?sslmode=verify-full`,
})
const trusting = () => ({ NODE_EXTRA_CA_CERTS: authority.certificate })

async function start(name: string, environment: Record<string, string>): Promise<TestInstance> {
  const instance = await teahouseInstance(folder, name, { ...basics(), ...environment })
  instances.push(instance)
  await instance.start()
  return instance
}

const logOf = (name: string) => readFileSync(join(folder, `${name}.log`), 'utf8')
type Line = { level?: string; msg?: string; why?: string }
const linesOf = (name: string): Line[] =>
  logOf(name)
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
const reasonsOf = (name: string, what: string) => linesOf(name).flatMap(({ msg, why }) => (msg?.startsWith(what) ? [why] : []))

async function metric({ url }: TestInstance, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(new RegExp(`^teahouse_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
}
const redisOf = async ({ url }: TestInstance) =>
  ((await (await fetch(`${url}/health/ready`)).json()) as { dependencies: Record<string, string> }).dependencies['redis']

/** Of a room, when this was the last: its log begins with the making of the room. */
const messagesUpTo = ({ seq }: { seq: number }): number => seq - 1

/** Somebody with a room, who speaks through any instance. */
async function somebody(instance: TestInstance) {
  const { access_token: token } = await restClient(instance.url).newcomer(`guest-${crypto.randomUUID().slice(0, 12)}`)
  const { body: room } = await restClient(instance.url).call('create_room', { name: `room ${crypto.randomUUID()}` }, { token })
  const at = (there: TestInstance) => restClient(there.url)
  return {
    token,
    room,
    async say(content: string, there: TestInstance) {
      const said = { room_id: room.id, content, client_id: crypto.randomUUID() }
      return (await at(there).call('send_message', said, { token })).body
    },
    /** Messages of the room that a consumer has counted: they have been in Kafka and come back. */
    counted: async () =>
      (await postgres.ask<{ count: number }>('select sum(messages)::int as count from room_activity where room_id = $1', [room.id]))[0]
        ?.count ?? 0,
  }
}

test(
  'Kafka by SCRAM, by PLAIN and SCRAM through TLS, Redis by a user with few rights, PostgreSQL through TLS: events go out and come back',
  async () => {
    const spans: string[] = []
    const collector = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        spans.push(await request.text())
        return Response.json({})
      },
    })
    const sealed = await start('sealed', { ...throughTls(), ...trusting(), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.href })
    const ann = await somebody(sealed)
    await ann.say('alpha', sealed)
    await until(async () => (await ann.counted()) === 1, { withinMs: 60_000, what: 'alpha to come back from Kafka' })
    const sessions = await postgres.ask<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like $1',
      [`teahouse ${sealed.pid()}%`],
    )
    expect(sessions.length).toBeGreaterThan(1)
    expect(sessions.every(({ ssl }) => ssl)).toBe(true)
    const relayed = () => spans.some((text) => text.includes('"relay turn"') && text.includes('"teahouse.events"'))
    await until(relayed, { what: 'the span of a relay turn' })

    const challenged = await start('challenged', byPassword())
    const socket = new WebSocket(`${sealed.url.replace('http', 'ws')}/ws?token=${ann.token}`)
    const heard: string[] = []
    socket.addEventListener('message', ({ data }) => heard.push(String(data)))
    await until(() => heard.some((frame) => frame.startsWith('{"type":"ready"')))
    await until(async () => (await redisOf(sealed)) === 'up' && (await redisOf(challenged)) === 'up')
    await until(async () => (await ann.say('over there', challenged)) && (await metric(sealed, 'bus_lag_ms_count')) > 0, {
      everyMs: 200,
      what: 'a message that Redis brings',
    })
    socket.close()

    await sealed.end('SIGTERM')
    const beta = await ann.say('beta', challenged)
    await until(async () => (await ann.counted()) === messagesUpTo(beta), { withinMs: 60_000, what: 'beta to come back by SCRAM' })
    await challenged.end('SIGTERM')
    const both = await start('both', { ...throughTls(), ...trusting(), KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' })
    const gamma = await ann.say('gamma', both)
    await until(async () => (await ann.counted()) === messagesUpTo(gamma), {
      withinMs: 60_000,
      what: 'gamma to come back by SCRAM through TLS',
    })
    for (const name of ['sealed', 'challenged', 'both']) expect(linesOf(name).filter(({ level }) => level === 'error')).toEqual([])
    const records = await readTopic(kafka.broker, 'teahouse.chat-events')
    expect(disorder(records)).toEqual([])
    for (const word of ['alpha', 'beta', 'gamma']) expect(records.some(({ value }) => value.includes(word))).toBe(true)
    await collector.stop(true)
  },
  LONG,
)

test(
  'a wrong password is one line, without the password; nothing else notices, and all goes on once it is right',
  async () => {
    const prefix = { KAFKA_TOPIC_PREFIX: 'wrong.' }
    const tea = await start('wrong', { ...byPassword(WRONG), ...prefix })
    const ann = await somebody(tea)
    await ann.say('delta', tea)
    await until(() => reasonsOf('wrong', 'Kafka is away').length > 0 && reasonsOf('wrong', 'Redis is away').length > 0)
    await until(async () => (await metric(tea, 'kafka_retries_total')) > 10, { what: 'it to try again' })
    expect(await metric(tea, 'outbox_commits')).toBeGreaterThan(0)
    expect((await fetch(`${tea.url}/health/ready`)).status).toBe(200)
    await kafka.admit(USER, WRONG)
    await redis.ask('ACL', 'SETUSER', USER, `>${WRONG}`)
    await until(async () => (await metric(tea, 'outbox_commits')) === 0, { withinMs: 60_000, what: 'the outbox to drain' })
    await until(async () => (await ann.counted()) === 1, { withinMs: 60_000, what: 'delta to come back' })
    await until(async () => (await redisOf(tea)) === 'up')
    expect(reasonsOf('wrong', 'Kafka is away')).toEqual(['it does not accept KAFKA_USERNAME with KAFKA_PASSWORD'])
    expect(reasonsOf('wrong', 'Redis is away')).toEqual(['it does not accept the user and password in REDIS_URL'])
    expect(reasonsOf('wrong', 'Kafka is there again')).toHaveLength(1)
    for (const secret of [WRONG, '"stack"']) expect(logOf('wrong')).not.toContain(secret)
    await kafka.admit(USER, PASSWORD)
    expect(disorder(await readTopic(kafka.broker, 'wrong.chat-events'))).toEqual([])
  },
  LONG,
)

test(
  'an authority that nobody named: Kafka and Redis say so in a line, PostgreSQL in the sentence with which the start fails',
  async () => {
    const why = 'its certificate comes from an authority that is not known here; name the file of that authority in NODE_EXTRA_CA_CERTS'
    await start('strange', { ...throughTls(), DATABASE_URL: postgres.url })
    await until(() => reasonsOf('strange', 'Kafka is away').length > 0 && reasonsOf('strange', 'Redis is away').length > 0)
    expect([...reasonsOf('strange', 'Kafka is away'), ...reasonsOf('strange', 'Redis is away')]).toEqual([why, why])
    expect(logOf('strange')).not.toContain('"stack"')

    const failing = startProcess({ ...basics(), DATABASE_URL: `${postgres.url}?sslmode=verify-full` })
    expect(await failing.exited).toBe(1)
    expect(failing.sentences()).toEqual([
      `The database at 127.0.0.1:${postgres.port}/postgres is not trusted: ${why}, or in DATABASE_URL as sslrootcert.`,
    ])
  },
  LONG,
)

test(
  'SIGTERM is no matter of patience while Kafka is frozen: before its topics are made, and with events on their way',
  async () => {
    const tea = await start('leaving', { ...byPassword(), KAFKA_TOPIC_PREFIX: 'leaving.' })
    const ann = await somebody(tea)
    await until(async () => (await metric(tea, 'outbox_commits')) === 0, { withinMs: 60_000, what: 'the outbox to drain' })
    kafka.signal('SIGSTOP')
    try {
      await ann.say('on its way', tea)
      await tea.end('SIGTERM')
      const fresh = await start('leaving-at-once', { ...byPassword(), KAFKA_TOPIC_PREFIX: 'fresh.' })
      await fresh.end('SIGTERM')
    } finally {
      kafka.signal('SIGCONT')
    }
    // it would have given up, and said so, after thirty seconds
    for (const name of ['leaving', 'leaving-at-once']) expect(linesOf(name).map(({ msg }) => msg)).toContain('stopped')
    const back = await start('back', { ...byPassword(), KAFKA_TOPIC_PREFIX: 'leaving.' })
    await until(async () => (await metric(back, 'outbox_commits')) === 0, { withinMs: 60_000, what: 'what waited to be sent' })
    const records = await readTopic(kafka.broker, 'leaving.chat-events')
    expect(disorder(records)).toEqual([])
    expect(records.some(({ value }) => value.includes('on its way'))).toBe(true)
  },
  LONG,
)
