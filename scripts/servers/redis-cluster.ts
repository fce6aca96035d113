/** A cluster of Redis: three nodes that share the slots among them, each of which may be killed and started again. */
import { until } from '../../packages/server/test/support/until.ts'
import { startRedis, type TestRedis } from './redis.ts'

export type TestRedisCluster = { readonly nodes: readonly TestRedis[]; readonly url: string; remove(): Promise<void> }

const SLOTS = 16_384
const NODES = 3

export async function startRedisCluster(): Promise<TestRedisCluster> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no']
  const nodes: TestRedis[] = []
  for (let i = 0; i < NODES; i++) nodes.push(await startRedis(options))
  for (const [i, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', `${Math.floor((SLOTS * i) / NODES)}`, `${Math.floor((SLOTS * (i + 1)) / NODES) - 1}`)
    const [first] = nodes
    if (i > 0 && first) await node.ask('CLUSTER', 'MEET', '127.0.0.1', `${first.port}`)
  }
  const isWhole = async (node: TestRedis) => {
    const told = String(await node.ask('CLUSTER', 'INFO'))
    return told.includes('cluster_state:ok') && told.includes(`cluster_known_nodes:${NODES}`)
  }
  await until(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean), { what: 'the cluster of Redis', everyMs: 50 })
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    remove: async () => void (await Promise.all(nodes.map((node) => node.remove()))),
  }
}
