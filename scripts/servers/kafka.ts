/** Apache Kafka, one broker (KRaft) from Maven's jars on loopback, with temporary data, which may be killed and started again. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../testing/programs.ts'
import { freePort, listens, type ServerProgram, serverProgram } from './program.ts'

const JARS = resolve(import.meta.dir, '../../node_modules/.cache/kafka-4.3.1')
const POM = join(import.meta.dir, 'kafka-broker.xml')
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

export type TestKafka = ServerProgram & { readonly broker: string; remove(): Promise<void> }

/** Throws with what is missing: Java 17 or newer, and Maven the first time. */
export async function provideKafka(): Promise<string> {
  if (existsSync(JARS) && readdirSync(JARS).some((name) => name.startsWith('kafka_2.13'))) return JARS
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-kafka-jars-'))
  console.log('Kafka: fetching the broker with Maven …')
  const { code, output } = await run(['mvn', '-q', '-B', '-ntp', '-f', POM, COPY, `-DoutputDirectory=${JARS}`], {
    limitMs: 300_000,
    cwd: folder,
    show: false,
  })
  rmSync(folder, { recursive: true, force: true })
  if (code !== 0) throw new Error(`Kafka can not be had: ${output.trim().split('\n').at(-1) ?? ''}`)
  return JARS
}

/** `advertised`: the port that clients are told to use, when something stands in between. */
export async function startKafka({ advertised }: { advertised?: number } = {}): Promise<TestKafka> {
  const jars = await provideKafka()
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'teahouse-kafka-'))
  const [port, controller] = [await freePort(), await freePort()]
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'server.properties'), properties(folder, port, controller, advertised ?? port))
  writeFileSync(join(folder, 'log4j2.properties'), LOG)
  const java = (heap: string) => [
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${folder}/log4j2.properties`,
    '-cp',
    `${jars}/*`,
  ]
  const id = `T${randomBytes(16).toString('base64url').slice(0, 21)}`
  const formatted = spawnSync(
    'java',
    [...java('128m'), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', `${folder}/server.properties`],
    { encoding: 'utf8' },
  )
  if (formatted.status !== 0) throw new Error(`Kafka can not be formatted: ${formatted.error?.message ?? formatted.stderr}`)
  const command = ['java', ...java('512m'), 'kafka.Kafka', `${folder}/server.properties`]
  const log = join(folder, 'kafka.log')
  let told = 0 // a broker that comes back says it again
  const started = () => readFileSync(log, 'utf8').split('Kafka Server started').length - 1
  const server = serverProgram({
    name: 'kafka',
    command,
    folder,
    port,
    withinMs: 120_000,
    answers: async () => started() > told && (await listens(port)),
  })
  await server.start()
  return {
    ...server,
    broker: `127.0.0.1:${advertised ?? port}`,
    async start() {
      told = started()
      await server.start()
    },
    async remove() {
      await server.end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A killed broker may come back only after its last session has run out; with three seconds, tests are quick. */
const properties = (folder: string, port: number, controller: number, advertised: number): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${folder}/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
`

const LOG = `status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c %m%n
logger.ready.name = kafka.server.KafkaRaftServer
logger.ready.level = info
`
