/**
 * `npm run fleet`: a whole fleet on this machine without containers. PostgreSQL, Redis and nginx from Debian's packages, Kafka from Maven's
 * jars, several instances, free ports of loopback, temporary data; Ctrl-C stops everything and leaves nothing behind.
 *
 *     npm run fleet                      three instances, without Kafka
 *     npm run fleet -- --instances=2 --kafka
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from './servers/kafka.ts'
import { startNginx } from './servers/nginx.ts'
import { startPostgres } from './servers/postgres.ts'
import { startRedis } from './servers/redis.ts'
import { teahouseInstance, type TestInstance } from './servers/teahouse.ts'

const undo: (() => Promise<void>)[] = []
let ending: Promise<void> | null = null
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end().then(() => process.exit(0)))

try {
  await start(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await end()
  process.exit(1)
}

async function start(flags: readonly string[]): Promise<void> {
  const count = Number(flags.find((flag) => flag.startsWith('--instances='))?.split('=')[1] ?? 3)
  const unknown = flags.filter((flag) => !/^--(instances=[1-9]\d?|kafka)$/.test(flag))
  if (unknown.length > 0) throw new Error(`This is not known: ${unknown.join(' ')}. There are --instances=3 and --kafka.`)
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-fleet-'))
  undo.push(async () => rmSync(folder, { recursive: true, force: true }))
  const postgres = await startPostgres()
  undo.push(() => postgres.remove())
  const redis = await startRedis()
  undo.push(() => redis.remove())
  const kafka = flags.includes('--kafka') ? await startKafka() : null
  if (kafka) undo.push(() => kafka.remove())
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    ...(kafka ? { KAFKA_BROKERS: kafka.broker } : {}),
    SECRET: crypto.randomUUID() + crypto.randomUUID(),
    TRUSTED_PROXIES: '127.0.0.1',
    DRAIN_S: '3',
  }
  const instances: TestInstance[] = []
  for (let i = 1; i <= count; i++) instances.push(await teahouseInstance(folder, `teahouse-${i}`, environment))
  undo.push(async () => void (await Promise.all(instances.map((instance) => instance.end('SIGTERM')))))
  await Promise.all(instances.map((instance) => instance.start()))
  const nginx = await startNginx(instances)
  undo.push(() => nginx.remove())
  console.log(`PostgreSQL  ${postgres.url}`)
  console.log(`Redis       ${redis.url}`)
  if (kafka) console.log(`Kafka       ${kafka.broker}`)
  for (const [i, { url, pid }] of instances.entries()) console.log(`instance ${i + 1}  ${url} pid ${pid()}`)
  console.log(`The fleet is ready at ${nginx.url}`)
}

function end(): Promise<void> {
  return (ending ??= (async () => {
    for (const step of undo.toReversed()) await step().catch((error: unknown) => console.error(error))
  })())
}
