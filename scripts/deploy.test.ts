/** The files for containers agree with the program: variables that it reads, paths that it answers, metrics that it counts. */
import { expect, test } from 'bun:test'
import { YAML } from 'bun'
import { join } from 'node:path'
import { readConfig } from '../packages/server/src/config.ts'
import { createMeters } from '../packages/server/src/infrastructure/meters.ts'
import { ROOT } from './testing/groups.ts'

const read = (path: string) => Bun.file(join(ROOT, path)).text()
const yaml = async <Shape>(path: string) => YAML.parse(await read(path)) as Shape
type Environment = Record<string, string>

/** `${NAME:-preset}` and `${NAME:?why}`, as Compose fills them in. */
const filled = (environment: Environment): Environment =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{\w+:([-?])([^}]*)\}/g, (_, how, rest: string) => (how === '-' ? rest : 'x'.repeat(40))),
    ]),
  )

test('the environment of the compose file is a configuration, and each of its instances is known to nginx', async () => {
  const { services } = await yaml<{ services: Record<string, { environment?: Environment }> }>('compose.yaml')
  const instances = Object.keys(services).filter((name) => name.startsWith('teahouse-'))
  const nginx = await read('deploy/nginx.conf')
  for (const name of instances) {
    expect(readConfig(filled(services[name]?.environment ?? {})).redisUrls).toEqual(['redis://redis:6379'])
    expect(nginx).toContain(`server ${name}:8080 `)
  }
  const { scrape_configs } = await yaml<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>(
    'deploy/prometheus/prometheus.yaml',
  )
  expect(scrape_configs[0]?.static_configs[0]?.targets).toEqual(instances.map((name) => `${name}:8080`))
})

test('the environment of the pods is a configuration, and draining ends before they are killed', async () => {
  const { data } = await yaml<{ data: Environment }>('deploy/kubernetes/config.yaml')
  const { stringData } = await yaml<{ stringData: Environment }>('deploy/kubernetes/secret.example.yaml')
  const { limits } = readConfig({ ...data, ...stringData })
  const { spec } = await yaml<{ spec: { template: { spec: { terminationGracePeriodSeconds: number } } } }>(
    'deploy/kubernetes/deployment.yaml',
  )
  expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(limits.drain_s + 30)
})

test('the image starts the program that is there', async () => {
  const [, entry = ''] = /ENTRYPOINT \["bun", "([^"]+)"\]/.exec(await read('Dockerfile')) ?? []
  expect(await Bun.file(join(ROOT, entry)).exists()).toBe(true)
})

test('the dashboard and the alerts ask for metrics that exist', async () => {
  const known = new Set((await createMeters().registry.getMetricsAsJSON()).map(({ name }) => name))
  for (const file of ['app', 'infrastructure/redis/fleet', 'infrastructure/way-out', 'infrastructure/kafka/way-out'])
    for (const [, name = ''] of (await read(`packages/server/src/${file}.ts`)).matchAll(/watch\(\s*'(\w+)'/g)) known.add(`teahouse_${name}`)
  for (const consumer of ['search', 'room_activity']) known.add(`teahouse_consumer_${consumer}_lag`)
  const asked = `${await read('deploy/grafana/teahouse.json')}${await read('deploy/prometheus/alerts.yaml')}`
  const names = new Set([...asked.matchAll(/teahouse_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')))
  expect([...names].filter((name) => !known.has(name))).toEqual([])
})
