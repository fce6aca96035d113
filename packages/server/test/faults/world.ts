/** The fleet under test: servers, instances, and a line of our own between any two of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../../../scripts/servers/kafka.ts'
import { type PostgresPair, startPostgresPair } from '../../../../scripts/servers/postgres-pair.ts'
import { freePort } from '../../../../scripts/servers/program.ts'
import { startRedisCluster } from '../../../../scripts/servers/redis-cluster.ts'
import { startRedis, type TestRedis } from '../../../../scripts/servers/redis.ts'
import { teahouseInstance, type TestInstance } from '../../../../scripts/servers/teahouse.ts'
import { tcpProxy, type TcpProxy } from './tcp-proxy.ts'

export type World = Awaited<ReturnType<typeof openWorld>>
export type RedisShape = 'single' | 'cluster'
export type WorldOptions = {
  /** Chance, for the front: which instance a connection goes to. */
  readonly pick: () => number
  readonly instances: number
  readonly redis: RedisShape
}
type Lines = Record<string, TcpProxy>
type Redis = {
  readonly nodes: readonly TestRedis[]
  /** Where an instance finds it; a cluster tells its own addresses, so there the line belongs to a node instead of an instance. */
  urlFor(instance: number): Promise<string>
  remove(): Promise<void>
}

const CLUSTER_NODES = 3

export async function openWorld({ pick, instances: count, redis: shape }: WorldOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-faults-'))
  const kafkaPort = await freePort()
  const lines: Lines = {}
  const [postgres, redis, kafka] = await Promise.all([
    pairWithLine(lines),
    shape === 'cluster' ? clusterWithLines(lines) : singleWithLines(lines),
    startKafka({ advertised: kafkaPort }),
  ])
  lines['kafka'] = await tcpProxy(() => [kafka.port], kafkaPort)
  const instances: TestInstance[] = []
  for (let i = 0; i < count; i++) {
    // the primary of now: after a failover every new connection reaches the other
    const toDatabase = (lines[`instance ${i} → PostgreSQL`] = await tcpProxy(() => [postgres.primary().port]))
    instances.push(
      await teahouseInstance(folder, `instance-${i}`, {
        DATABASE_URL: `postgres://teahouse@127.0.0.1:${toDatabase.port}/postgres`,
        REDIS_URL: await redis.urlFor(i),
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
  const ways: number[] = []
  for (const [i, instance] of instances.entries())
    ways.push((lines[`clients → instance ${i}`] = await tcpProxy(() => [instance.port])).port)
  // Every connection goes to another instance by chance, as behind a balancer without memory.
  const front = await tcpProxy(() => {
    const first = Math.floor(pick() * ways.length)
    return [...ways.slice(first), ...ways.slice(0, first)]
  })
  return {
    url: `http://127.0.0.1:${front.port}`,
    folder,
    postgres,
    redis: redis.nodes,
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

const pairWithLine = (lines: Lines): Promise<PostgresPair> =>
  startPostgresPair(async (primaryPort) => (lines['standby → PostgreSQL'] = await tcpProxy(() => [primaryPort()])).port)

async function singleWithLines(lines: Lines): Promise<Redis> {
  const redis = await startRedis()
  return {
    nodes: [redis],
    async urlFor(instance) {
      const line = (lines[`instance ${instance} → Redis`] = await tcpProxy(() => [redis.port]))
      return `redis://127.0.0.1:${line.port}`
    },
    remove: () => redis.remove(),
  }
}

async function clusterWithLines(lines: Lines): Promise<Redis> {
  const advertised: number[] = []
  const ports: number[] = []
  for (let i = 0; i < CLUSTER_NODES; i++)
    advertised.push((lines[`instances → Redis node ${i}`] = await tcpProxy(() => ports.slice(i, i + 1))).port)
  const { nodes, url, remove } = await startRedisCluster({ advertised })
  ports.push(...nodes.map(({ port }) => port))
  return { nodes, urlFor: async () => url, remove }
}
