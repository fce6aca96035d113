/** Apache Kafka, one broker (KRaft) from Maven's jars on loopback, with temporary data, which may be killed and started again. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../testing/programs.ts'
import type { Certificate } from './certificates.ts'
import { freePort, listens, type ServerProgram, serverProgram } from './program.ts'

const JARS = resolve(import.meta.dir, '../../node_modules/.cache/kafka-4.3.1')
const POM = join(import.meta.dir, 'kafka-broker.xml')
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

export type TestKafka = ServerProgram & {
  readonly broker: string
  /** The same broker where one must say who one is: by SCRAM without TLS; by PLAIN or SCRAM with it. */
  readonly secured: { readonly scram: string; readonly tls: string }
  /** Lets somebody in by SCRAM-SHA-512 with this password, and with no other, from now on. */
  admit(username: string, password: string): Promise<void>
  remove(): Promise<void>
}

/** Who is let in where one must say who one is. */
export type Secured = { readonly username: string; readonly password: string; readonly certificate: Certificate }

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

type Options = {
  /** The port that clients are told to use, when something stands in between. */
  readonly advertised?: number
  readonly secured?: Secured
}

export async function startKafka({ advertised, secured }: Options = {}): Promise<TestKafka> {
  const jars = await provideKafka()
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'teahouse-kafka-'))
  const [port, controller] = [await freePort(), await freePort()]
  mkdirSync(join(folder, 'data'))
  const [scram, tls] = secured ? [await freePort(), await freePort()] : [0, 0]
  const doors = secured ? securedDoors(folder, scram, tls, secured) : NO_DOORS
  writeFileSync(join(folder, 'server.properties'), properties(folder, port, controller, advertised ?? port, doors))
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
    [...java('128m'), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', `${folder}/server.properties`, ...doors.format],
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
    secured: { scram: `127.0.0.1:${scram}`, tls: `127.0.0.1:${tls}` },
    async admit(username, password) {
      const named = ['--alter', '--entity-type', 'users', '--entity-name', username, '--add-config', `SCRAM-SHA-512=[password=${password}]`]
      const asked = ['java', ...java('64m'), 'kafka.admin.ConfigCommand', '--bootstrap-server', `127.0.0.1:${port}`, ...named]
      const { code, output } = await run(asked, { limitMs: 60_000, show: false })
      if (code !== 0) throw new Error(`Kafka does not let ${username} in: ${output}`)
    },
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

type Doors = { readonly listeners: string; readonly protocols: string; readonly settings: string; readonly format: readonly string[] }
const NO_DOORS: Doors = { listeners: '', protocols: '', settings: '', format: [] }
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512']

function securedDoors(folder: string, scram: number, tls: number, { username, password, certificate }: Secured): Doors {
  const both = [certificate.key, certificate.certificate].map((file) => readFileSync(file, 'utf8')).join('')
  writeFileSync(join(folder, 'broker.pem'), both, { mode: 0o600 })
  const login = (door: string, mechanism: string, users = '') =>
    `listener.name.${door}.${mechanism.toLowerCase()}.sasl.jaas.config=org.apache.kafka.common.security.${mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'}LoginModule required${users};`
  return {
    listeners: `,SCRAM://127.0.0.1:${scram},TLS://127.0.0.1:${tls}`,
    protocols: ',SCRAM:SASL_PLAINTEXT,TLS:SASL_SSL',
    format: SCRAM.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${username},password=${password}]`]),
    settings: [
      `listener.name.scram.sasl.enabled.mechanisms=${SCRAM.join(',')}`,
      `listener.name.tls.sasl.enabled.mechanisms=PLAIN,${SCRAM.join(',')}`,
      ...['scram', 'tls'].flatMap((door) => SCRAM.map((mechanism) => login(door, mechanism))),
      login('tls', 'PLAIN', ` user_${username}="${password}"`),
      'listener.name.tls.ssl.keystore.type=PEM',
      `listener.name.tls.ssl.keystore.location=${folder}/broker.pem`,
    ].join('\n'),
  }
}

/** A killed broker may come back only after its last session has run out; with three seconds, tests are quick. */
const properties = (folder: string, port: number, controller: number, advertised: number, doors: Doors): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}${doors.listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:${advertised}${doors.listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${doors.protocols}
${doors.settings}
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
