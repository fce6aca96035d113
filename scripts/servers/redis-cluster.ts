/** A cluster of Redis: three nodes that share the slots among them, each of which may be killed and started again. */
import { until } from '../../packages/server/test/support/until.ts'
import { freePort } from './program.ts'
import { startRedis, type TestRedis } from './redis.ts'

export type TestRedisCluster = { readonly nodes: readonly TestRedis[]; readonly url: string; remove(): Promise<void> }

const SLOTS = 16_384
const NODES = 3
const OPTIONS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no']

/** `advertised`: the ports that clients are told to use, one for each node, when something stands in between. */
export async function startRedisCluster({ advertised = [] }: { advertised?: readonly number[] } = {}): Promise<TestRedisCluster> {
  const nodes: TestRedis[] = []
  const busPorts: number[] = []
  for (let i = 0; i < NODES; i++) {
    const busPort = await freePort() // Redis would take its port + 10,000, which may be one that the kernel gives to others
    const told = advertised[i] ? ['--cluster-announce-port', `${advertised[i]}`, '--cluster-announce-bus-port', `${busPort}`] : []
    nodes.push(await startRedis([...OPTIONS, '--cluster-port', `${busPort}`, ...told]))
    busPorts.push(busPort)
  }
  for (const [i, node] of nodes.entries()) {
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', `${Math.floor((SLOTS * i) / NODES)}`, `${Math.floor((SLOTS * (i + 1)) / NODES) - 1}`)
    const [first] = nodes
    if (i > 0 && first) await node.ask('CLUSTER', 'MEET', '127.0.0.1', `${first.port}`, `${busPorts[0]}`)
  }
  const isWhole = async (node: TestRedis) => {
    const told = String(await node.ask('CLUSTER', 'INFO'))
    return told.includes('cluster_state:ok') && told.includes(`cluster_known_nodes:${NODES}`)
  }
  await until(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean), {
    what: 'the cluster of Redis',
    withinMs: 60_000,
    everyMs: 50,
  })
  return {
    nodes,
    url: nodes.map(({ url }, i) => (advertised[i] ? `redis://127.0.0.1:${advertised[i]}` : url)).join(','),
    remove: async () => void (await Promise.all(nodes.map((node) => node.remove()))),
  }
}
