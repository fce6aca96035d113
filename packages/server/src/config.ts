/** The environment, checked once: every problem is collected, and what comes out is frozen. The only file that reads it. */
import { DEFAULT_LIMITS, type Limits } from '@teahouse/protocol'
import { allVariables, GROUPS, LIMIT_VARIABLES, limitVariable, type Variable } from './config-variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Off is null. */
export type Config = {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly dataDir: string
  /** null: the embedded database. */
  readonly databaseUrl: string | null
  /** null: this is the only process. Several: a cluster. */
  readonly redisUrls: readonly string[] | null
  readonly kafka: {
    readonly brokers: readonly string[]
    readonly topicPrefix: string
    readonly username: string | null
    readonly password: string | null
    readonly tls: boolean
    /** null: SCRAM-SHA-512 without TLS, PLAIN with it. */
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | null
    readonly partitions: number
    readonly retentionHours: number
  } | null
  /** null: made once and kept in `dataDir`; never together with `databaseUrl`. */
  readonly secret: string | null
  /** An origin. null: its own address. */
  readonly publicUrl: string | null
  /** Empty: only pages that come from here. */
  readonly allowedOrigins: readonly string[]
  /** Addresses and blocks in CIDR notation. */
  readonly trustedProxies: readonly string[]
  readonly registration: 'open' | 'closed'
  readonly features: {
    readonly organizations: boolean
    readonly user_roles: boolean
    readonly proxy_system: boolean
    readonly bot_messages: boolean
    readonly online_statistics: boolean
    readonly advanced_admin: boolean
  }
  readonly limits: Readonly<Limits>
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  readonly otelEndpoint: string | null
}

/** Everything that is wrong with the environment, each a sentence that says what to write instead. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Throws ConfigError with all problems at once. A variable that is empty counts as not set. */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = []
  const set = (name: string) => environment[name]?.trim() || null
  const given = <Value>(name: string, variable: Variable<Value>): Value | null => {
    const written = set(name)
    try {
      return written === null ? null : variable.kind.read(written)
    } catch (error) {
      problems.push(refusal(name, variable, written ?? '', error))
      return null
    }
  }
  const read = <Value>(name: string, variable: Variable<Value>): Value =>
    given(name, variable) ?? variable.kind.read(variable.preset ?? variable.example)

  const { 'Where it listens': listens, 'What it stores': stores, 'Several instances': several } = GROUPS
  const { 'Who may do what': may, 'What it reports': reports } = GROUPS
  const publicUrl = given('PUBLIC_URL', listens.PUBLIC_URL)
  const brokers = given('KAFKA_BROKERS', several.KAFKA_BROKERS)
  const kafka = {
    topicPrefix: read('KAFKA_TOPIC_PREFIX', several.KAFKA_TOPIC_PREFIX),
    username: given('KAFKA_USERNAME', several.KAFKA_USERNAME),
    password: given('KAFKA_PASSWORD', several.KAFKA_PASSWORD),
    tls: read('KAFKA_TLS', several.KAFKA_TLS),
    mechanism: given('KAFKA_SASL_MECHANISM', several.KAFKA_SASL_MECHANISM),
    partitions: read('KAFKA_PARTITIONS', several.KAFKA_PARTITIONS),
    retentionHours: read('KAFKA_RETENTION_H', several.KAFKA_RETENTION_H),
  }
  const config: Config = {
    host: read('HOST', listens.HOST),
    port: read('PORT', listens.PORT),
    dataDir: read('DATA_DIR', stores.DATA_DIR),
    databaseUrl: given('DATABASE_URL', stores.DATABASE_URL),
    redisUrls: given('REDIS_URL', several.REDIS_URL),
    kafka: brokers && { brokers, ...kafka },
    secret: given('SECRET', stores.SECRET),
    publicUrl,
    allowedOrigins: given('ALLOWED_ORIGINS', listens.ALLOWED_ORIGINS) ?? (publicUrl ? [publicUrl] : []),
    trustedProxies: given('TRUSTED_PROXIES', listens.TRUSTED_PROXIES) ?? [],
    registration: read('REGISTRATION', may.REGISTRATION),
    features: {
      organizations: read('ENABLE_ORGANIZATIONS', may.ENABLE_ORGANIZATIONS),
      user_roles: read('ENABLE_USER_ROLES', may.ENABLE_USER_ROLES),
      proxy_system: read('ENABLE_PROXY_SYSTEM', may.ENABLE_PROXY_SYSTEM),
      bot_messages: read('ENABLE_BOT_MESSAGES', may.ENABLE_BOT_MESSAGES),
      online_statistics: read('ENABLE_ONLINE_STATISTICS', may.ENABLE_ONLINE_STATISTICS),
      advanced_admin: read('ENABLE_ADVANCED_ADMIN', may.ENABLE_ADVANCED_ADMIN),
    },
    limits: readLimits(given),
    logLevel: read('LOG_LEVEL', reports.LOG_LEVEL),
    otelEndpoint: given('OTEL_EXPORTER_OTLP_ENDPOINT', reports.OTEL_EXPORTER_OTLP_ENDPOINT),
  }
  problems.push(...contradictions(config, set), ...misspelt(environment))
  if (problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(config)
}

function readLimits(given: (name: string, variable: Variable<number>) => number | null): Limits {
  const names = Object.keys(LIMIT_VARIABLES) as (keyof Limits)[]
  const found = Object.fromEntries(names.map((name) => [name, given(limitVariable(name), LIMIT_VARIABLES[name])]))
  const limits = Object.fromEntries(names.map((name) => [name, found[name] ?? DEFAULT_LIMITS[name]])) as Limits
  // whoever shortens the timeout alone means the sign of life to keep pace with it
  const pace = Math.min(limits.heartbeat_s, Math.max(1, Math.floor(limits.idle_timeout_s / 2)))
  return { ...limits, heartbeat_s: found['heartbeat_s'] ?? pace }
}

function refusal(name: string, { example, source, hidden }: Variable, written: string, error: unknown): string {
  const value = hidden ? '' : `=${JSON.stringify(written.length > 60 ? `${written.slice(0, 60)}…` : written)}`
  const instead = source === null ? `for example ${name}=${example}` : `${name}= and ${source}`
  return `${name}${value} ${error instanceof Error ? error.message : 'is wrong'}. Write ${instead}, or leave it out.`
}

/** What is right alone, but not together. */
function contradictions(config: Config, set: (name: string) => string | null): string[] {
  const problems: string[] = []
  if (set('DATABASE_URL') && !set('SECRET'))
    problems.push(
      `SECRET is missing: with DATABASE_URL it must be set, the same on every instance. Write SECRET= and ${GROUPS['What it stores'].SECRET.source}`,
    )
  for (const [one, other] of [['KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const, ['KAFKA_PASSWORD', 'KAFKA_USERNAME'] as const])
    if (set(one) && !set(other))
      problems.push(`${other} is missing: ${one} is set, and Kafka wants both. Write ${other}= too, or leave ${one} out.`)
  if (config.kafka?.mechanism && !set('KAFKA_USERNAME') && !set('KAFKA_PASSWORD'))
    problems.push('KAFKA_SASL_MECHANISM is set, but nobody to sign in. Write KAFKA_USERNAME= and KAFKA_PASSWORD= too, or leave it out.')
  if (set('HEARTBEAT_S') && config.limits.idle_timeout_s <= config.limits.heartbeat_s)
    problems.push(
      `IDLE_TIMEOUT_S=${config.limits.idle_timeout_s} is not longer than HEARTBEAT_S=${config.limits.heartbeat_s}, so that every connection would be closed. Write for example IDLE_TIMEOUT_S=${config.limits.heartbeat_s * 2}.`,
    )
  if (config.limits.unsent_bytes > config.limits.unsent_bytes_total)
    problems.push(
      `LIMIT_UNSENT_BYTES=${config.limits.unsent_bytes} for one reader is more than LIMIT_UNSENT_BYTES_TOTAL=${config.limits.unsent_bytes_total} for all together. Write for example LIMIT_UNSENT_BYTES_TOTAL=${config.limits.unsent_bytes * 100}.`,
    )
  if (new Set(config.redisUrls?.map((url) => URL.parse(url)?.protocol)).size > 1)
    problems.push('REDIS_URL mixes redis:// and rediss://. Write the same scheme for every node of the cluster.')
  return problems
}

/** A name that nobody reads would be a setting that silently does nothing. */
function misspelt(environment: Environment): string[] {
  const known = allVariables().map(({ name }) => name)
  return Object.keys(environment).flatMap((name) => {
    if (!/^(LIMIT|ENABLE)_/.test(name) || known.includes(name)) return []
    const bare = name.replace('LIMIT_', '')
    if (known.includes(bare)) return [`${name} is not known. Write ${bare}, without LIMIT_ before it.`]
    const nearest = known.toSorted((a, b) => distance(a, name) - distance(b, name))[0] ?? ''
    const meant = distance(nearest, name) <= 3 ? [nearest] : known.filter((full) => isShortFor(name, full))
    if (meant.length > 0) return [`${name} is not known. Write ${meant.join(' or ')}, or leave it out.`]
    // other programs too have variables that begin with ENABLE_: one like none of ours must not keep us from starting
    return name.startsWith('LIMIT_') ? [`${name} is not known. Leave it out; --help lists every variable.`] : []
  })
}

/** Whether each of its words, be it a plural, begins a word of the other: ENABLE_ORGS for ENABLE_ORGANIZATIONS. */
function isShortFor(name: string, full: string): boolean {
  const words = full.split('_')
  return name.split('_').every((word) => words.some((whole) => whole.startsWith(word.replace(/S$/, ''))))
}

/** How many letters must be added, dropped or changed to turn one word into the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1]
    for (const [at, against] of Array.from(other).entries())
      next.push(Math.min((row[at] ?? 0) + (letter === against ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    row = next
  }
  return row[other.length] ?? 0
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) deepFreeze(part)
  return value
}
