/** The fleet under test: servers, instances, and a line of our own between any two of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../../../scripts/servers/kafka.ts'
import { startPostgres } from '../../../../scripts/servers/postgres.ts'
import { freePort } from '../../../../scripts/servers/program.ts'
import { startRedis } from '../../../../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../../../../scripts/servers/teahouse.ts'
import { tcpProxy, type TcpProxy } from './tcp-proxy.ts'

export type World = Awaited<ReturnType<typeof openWorld>>
const INSTANCES = 3

export async function openWorld(pick: () => number) {
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-faults-'))
  const kafkaPort = await freePort()
  const [postgres, redis, kafka] = await Promise.all([startPostgres(), startRedis(), startKafka({ advertised: kafkaPort })])
  const lines: Record<string, TcpProxy> = { kafka: await tcpProxy(() => [kafka.port], kafkaPort) }
  const instances: TestInstance[] = []
  for (let i = 0; i < INSTANCES; i++) {
    const toDatabase = (lines[`instance ${i} → PostgreSQL`] = await tcpProxy(() => [postgres.port]))
    const toRedis = (lines[`instance ${i} → Redis`] = await tcpProxy(() => [redis.port]))
    instances.push(
      await teahouseInstance(folder, `instance-${i}`, {
        DATABASE_URL: postgres.url.replace(`:${postgres.port}/`, `:${toDatabase.port}/`),
        REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
        KAFKA_BROKERS: kafka.broker,
        KAFKA_PARTITIONS: '3',
        SECRET: 'faults faults faults faults faults faults',
        DATA_DIR: folder,
        DRAIN_S: '2',
        LIMIT_MESSAGES_BURST: '0',
        LIMIT_WRITES_PER_MINUTE: '0',
        LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
        LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
        LIMIT_CONNECTIONS_PER_USER: '100',
      }),
    )
  }
  await Promise.all(instances.map((instance) => instance.start()))
  for (const [i, instance] of instances.entries()) lines[`clients → instance ${i}`] = await tcpProxy(() => [instance.port])
  const ways = instances.map((_, i) => lines[`clients → instance ${i}`]?.port ?? 0)
  // Every connection goes to another instance by chance, as behind a balancer without memory.
  const front = await tcpProxy(() => {
    const first = Math.floor(pick() * ways.length)
    return [...ways.slice(first), ...ways.slice(0, first)]
  })
  return {
    url: `http://127.0.0.1:${front.port}`,
    folder,
    postgres,
    redis,
    kafka,
    instances,
    lines,
    async close() {
      await Promise.all(instances.map((instance) => instance.end('SIGKILL')))
      await front.close()
      await Promise.all(Object.values(lines).map((line) => line.close()))
      await Promise.all([postgres.remove(), redis.remove(), kafka.remove()])
      if (!process.env['KEEP_LOGS']) rmSync(folder, { recursive: true, force: true })
    },
  }
}
