/** The environment becomes a checked, frozen configuration, or a list of sentences. */
import { describe, expect, test } from 'bun:test'
import { DEFAULT_LIMITS } from '@teahouse/protocol'
import { helpText, variablesAsMarkdown } from '../../src/config-help.ts'
import { allVariables } from '../../src/config-variables.ts'
import { ConfigError, type Environment, readConfig } from '../../src/config.ts'

const SECRET = 'a'.repeat(32)
const SERVER = 'postgres://u:p@127.0.0.1:5432/teahouse'

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('without any variable', () => {
  test('everything has the value that the documentation promises', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      dataDir: './data',
      databaseUrl: null,
      redisUrls: null,
      kafka: null,
      secret: null,
      publicUrl: null,
      allowedOrigins: [],
      trustedProxies: [],
      registration: 'open',
      features: {
        organizations: false,
        user_roles: false,
        proxy_system: false,
        bot_messages: false,
        online_statistics: false,
        advanced_admin: false,
      },
      limits: DEFAULT_LIMITS,
      logLevel: 'info',
      otelEndpoint: null,
    })
  })
  test('an empty variable and white space count as not set', () => {
    const blank = Object.fromEntries(allVariables().map(({ name }, index) => [name, index % 2 ? '' : ' \t']))
    expect(readConfig(blank)).toEqual(readConfig({}))
  })
  test('nothing of it can be changed', () => {
    const config = readConfig({ KAFKA_BROKERS: 'k:9092' })
    for (const part of [config, config.features, config.limits, config.allowedOrigins, config.kafka, config.kafka?.brokers])
      expect(Object.isFrozen(part)).toBe(true)
  })
})

test('every variable is read', () => {
  const config = readConfig({
    HOST: '[::]',
    PORT: ' 0 ',
    DATA_DIR: '/srv/teahouse',
    DATABASE_URL: SERVER,
    REDIS_URL: 'redis://a:6379, redis://b:6379,',
    KAFKA_BROKERS: 'kafka-1:9092,[::1]:9093',
    KAFKA_TOPIC_PREFIX: 'tea.',
    KAFKA_USERNAME: 'tea',
    KAFKA_PASSWORD: 'leaf',
    KAFKA_TLS: 'yes',
    KAFKA_SASL_MECHANISM: 'scram-sha-256',
    SECRET,
    PUBLIC_URL: 'https://Chat.example.org/',
    ALLOWED_ORIGINS: 'https://chat.example.org,http://localhost:5173',
    TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8, ::1, fd00::/8',
    REGISTRATION: 'closed',
    ENABLE_ORGANIZATIONS: 'true',
    ENABLE_BOT_MESSAGES: '1',
    ENABLE_USER_ROLES: 'OFF',
    LIMIT_MESSAGES_BURST: '0',
    LIMIT_MESSAGES_PER_SECOND: '0.5',
    EDIT_WINDOW_S: '0',
    DRAIN_S: '3',
    LOG_LEVEL: 'DEBUG',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    PATH: '/bin',
  })
  expect(config).toMatchObject({
    host: '::',
    port: 0,
    dataDir: '/srv/teahouse',
    databaseUrl: SERVER,
    redisUrls: ['redis://a:6379', 'redis://b:6379'],
    kafka: {
      brokers: ['kafka-1:9092', '[::1]:9093'],
      topicPrefix: 'tea.',
      username: 'tea',
      password: 'leaf',
      tls: true,
      mechanism: 'SCRAM-SHA-256',
    },
    secret: SECRET,
    publicUrl: 'https://chat.example.org',
    allowedOrigins: ['https://chat.example.org', 'http://localhost:5173'],
    trustedProxies: ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'],
    registration: 'closed',
    features: { organizations: true, user_roles: false, bot_messages: true },
    limits: { messages_burst: 0, messages_per_second: 0.5, edit_window_s: 0, drain_s: 3 },
    logLevel: 'debug',
    otelEndpoint: 'http://127.0.0.1:4318',
  })
})

test('every limit has its variable, by the name in the protocol', () => {
  const names = allVariables().map(({ name }) => name)
  const bare = ['EDIT_WINDOW_S', 'RECALL_WINDOW_S', 'HEARTBEAT_S', 'IDLE_TIMEOUT_S', 'AUTHENTICATE_WITHIN_S', 'DRAIN_S']
  for (const key of Object.keys(DEFAULT_LIMITS)) {
    const name = bare.includes(key.toUpperCase()) ? key.toUpperCase() : `LIMIT_${key.toUpperCase()}`
    expect(names).toContain(name)
    const value = key === 'heartbeat_s' ? 7 : key === 'unsent_bytes_total' ? 300_000 : key.endsWith('_bytes') ? 2048 : 500
    expect(readConfig({ [name]: String(value) }).limits).toHaveProperty(key, value)
  }
})

test.each([
  ['postgres://u:p@h:5432/name'],
  ['postgresql://h/name?sslmode=verify-full'],
  ['postgres:///name?host=/var/run/postgresql'],
  ['postgres://tea:leaf@/name?host=/var/run/postgresql'],
  ['postgres://%2Fvar%2Frun%2Fpostgresql/name'],
  ['postgres://u:p%23ss@[::1]:5432/name'],
  ['socket:/var/run/postgresql?db=name'],
  ['/var/run/postgresql name'],
])('DATABASE_URL takes what the driver takes: %s', (url) => {
  expect(readConfig({ DATABASE_URL: url, SECRET }).databaseUrl).toBe(url)
})

describe('a wrong value', () => {
  test.each([
    ['HOST', 'http://localhost', 'HOST="http://localhost" is not the name or address of one network interface'],
    ['HOST', 'localhost:80', 'without scheme and port. Write for example HOST=127.0.0.1'],
    ['PORT', 'abc', 'PORT="abc" is not a whole number from 0 to 65535. Write for example PORT=8080, or leave it out.'],
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', '80.5', 'from 0 to 65535'],
    ['PORT', '-1', 'from 0 to 65535'],
    ['PORT', '1e3', 'from 0 to 65535'],
    ['REDIS_URL', 'http://a', 'REDIS_URL is not a URL that begins with redis:// or rediss://'],
    ['REDIS_URL', ',', 'REDIS_URL is not a list of URLs'],
    ['REDIS_URL', 'redis://a,rediss://b', 'the same scheme for every node'],
    ['KAFKA_BROKERS', 'kafka', 'is not a host and a port such as kafka-1:9092'],
    ['KAFKA_BROKERS', 'kafka:0', 'is not a host and a port'],
    ['KAFKA_TOPIC_PREFIX', 'tea house', 'letters, digits, dots, _ and -'],
    ['KAFKA_USERNAME', 'tea', 'KAFKA_PASSWORD is missing'],
    ['KAFKA_PASSWORD', 'leaf', 'KAFKA_USERNAME is missing'],
    ['KAFKA_TLS', 'maybe', 'is not true or false'],
    ['KAFKA_SASL_MECHANISM', 'GSSAPI', 'is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512'],
    ['SECRET', 'short', 'SECRET is not at least 32 characters long. Write SECRET= and the output of: openssl rand -base64 32'],
    ['PUBLIC_URL', 'chat.example.org', 'is not an origin such as https://chat.example.org'],
    ['PUBLIC_URL', 'https://example.org/chat', 'without a path'],
    ['ALLOWED_ORIGINS', '*', 'is not an origin'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'is not an address or a block such as 10.0.0.0/8'],
    ['TRUSTED_PROXIES', 'proxy', 'is not an address'],
    ['REGISTRATION', 'invite', 'is not one of open, closed'],
    ['ENABLE_USER_ROLES', 'si', 'is not true or false. Write for example ENABLE_USER_ROLES=true, or leave it out.'],
    ['LIMIT_CONNECTIONS', '0', 'is not a whole number from 1'],
    ['LIMIT_UNSENT_BYTES_TOTAL', '2000', 'is more than LIMIT_UNSENT_BYTES_TOTAL=2000'],
    ['LOG_LEVEL', 'loud', 'is not one of trace, debug, info'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'begins with http:// or https://'],
  ])('%s=%s is refused with a sentence that says what to write', (name, value, sentence) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
    expect(problems[0]).toStartWith(
      sentence.includes('is missing') ? 'KAFKA_' : name === 'LIMIT_UNSENT_BYTES_TOTAL' ? 'LIMIT_UNSENT_BYTES=' : name,
    )
  })
  test.each([['http://db'], ['postgres://'], ['postgres://u:pa#ss@h/name'], ['postgres://u:p@h:99999/name'], ['db.example.org']])(
    'DATABASE_URL=%s is refused',
    (url) => {
      expect(problemsOf({ DATABASE_URL: url, SECRET })).toEqual([expect.stringMatching(/^DATABASE_URL is not a URL such as postgres:/)])
    },
  )
  test('a mechanism for nobody is refused', () => {
    expect(problemsOf({ KAFKA_BROKERS: 'kafka:9092', KAFKA_SASL_MECHANISM: 'PLAIN' })).toEqual([
      expect.stringMatching(/^KAFKA_SASL_MECHANISM is set, but nobody to sign in\. Write KAFKA_USERNAME=/),
    ])
  })
  test('is never repeated where it may hold a password', () => {
    const hidden = allVariables().filter(({ variable }) => variable.hidden)
    expect(hidden.map(({ name }) => name)).toEqual(['DATABASE_URL', 'SECRET', 'REDIS_URL', 'KAFKA_PASSWORD', 'OTEL_EXPORTER_OTLP_ENDPOINT'])
    const wrong = Object.fromEntries(hidden.map(({ name }) => [name, 'tea:leaf@x']))
    expect(problemsOf(wrong).join('\n')).not.toContain('leaf')
  })
  test('is shown shortened and without control characters', () => {
    expect(problemsOf({ LOG_LEVEL: `a\u001b[31m${'b'.repeat(500)}` })[0]).toMatch(/^LOG_LEVEL="a\\u001b\[31mb{40,60}…" is not/)
  })
})

test('all problems are reported at once', () => {
  const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'x', DATABASE_URL: SERVER, LIMIT_CONECTIONS: '5', HEARTBEAT_S: '60' })
  expect(problems.map((problem) => problem.split(/[= ]/)[0])).toEqual(['PORT', 'LOG_LEVEL', 'SECRET', 'IDLE_TIMEOUT_S', 'LIMIT_CONECTIONS'])
})

test('with DATABASE_URL the secret must be set', () => {
  expect(problemsOf({ DATABASE_URL: SERVER })).toEqual([expect.stringMatching(/^SECRET is missing: .* Write SECRET=/)])
})

test('a timeout shortened alone takes the sign of life with it', () => {
  expect(readConfig({ IDLE_TIMEOUT_S: '4' }).limits).toMatchObject({ idle_timeout_s: 4, heartbeat_s: 2 })
  expect(readConfig({ IDLE_TIMEOUT_S: '1' }).limits).toMatchObject({ idle_timeout_s: 1, heartbeat_s: 1 })
  expect(readConfig({ IDLE_TIMEOUT_S: '300' }).limits).toMatchObject({ idle_timeout_s: 300, heartbeat_s: 25 })
})

describe('a misspelt name', () => {
  test.each([
    ['LIMIT_CONNECTION', 'Write LIMIT_CONNECTIONS, or leave it out.'],
    ['LIMIT_EDIT_WINDOW_S', 'Write EDIT_WINDOW_S, without LIMIT_ before it.'],
    ['LIMIT_TEA', 'Leave it out; --help lists every variable.'],
    ['LIMIT_AUTH', 'Write LIMIT_AUTH_PER_ACCOUNT_MINUTE or LIMIT_AUTH_PER_ADDRESS_MINUTE, or leave it out.'],
    ['ENABLE_ORGANISATIONS', 'Write ENABLE_ORGANIZATIONS, or leave it out.'],
    ['ENABLE_ORGS', 'Write ENABLE_ORGANIZATIONS, or leave it out.'],
    ['ENABLE_ROLES', 'Write ENABLE_USER_ROLES, or leave it out.'],
    ['ENABLE_BOTS', 'Write ENABLE_BOT_MESSAGES, or leave it out.'],
  ])('%s is a problem, because it would do nothing', (name, sentence) => {
    expect(problemsOf({ [name]: '1' })).toEqual([`${name} is not known. ${sentence}`])
  })
  test('of another program is not ours to judge', () => {
    expect(problemsOf({ ENABLE_VIRTUAL_TERMINAL: '1', ENABLE_USER_SITE: '1', RATE_LIMIT_X: '1' })).toEqual([])
  })
})

describe('the documentation', () => {
  const cells = (markdown: string) =>
    markdown
      .split('\n')
      .filter((line) => line.startsWith('| `') || line.startsWith('## '))
      .map((line) => line.replaceAll(/\s*\|\s*/g, '|').trim())
  test('docs/configuration.md shows the very table (else: bun scripts/configuration-doc.ts)', async () => {
    const [, tables = ''] = (await Bun.file(`${import.meta.dir}/../../../../docs/configuration.md`).text()).split('<!-- variables -->')
    expect(cells(tables)).toEqual(cells(variablesAsMarkdown()))
  })
  test('--help names every variable', () => {
    const help = helpText('1.2.3')
    expect(help).toStartWith('Teahouse 1.2.3')
    for (const { name } of allVariables()) expect(help).toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'))
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
  })
  test('every example and every default is accepted', () => {
    for (const { variable } of allVariables()) {
      if (variable.preset !== null) expect(() => variable.kind.read(variable.preset ?? '')).not.toThrow()
      if (variable.source === null) expect(() => variable.kind.read(variable.example)).not.toThrow()
    }
  })
})
