/** Every variable of the environment that Teahouse knows: one table for reading, for `--help` and for the documentation. */
import { DEFAULT_LIMITS, type Limits } from '@teahouse/protocol'
import {
  addresses,
  atLeast,
  broker,
  databaseUrl,
  host,
  type Kind,
  list,
  mechanism,
  number,
  oneOf,
  origin,
  redisUrl,
  text,
  topicPrefix,
  webUrl,
  wholeNumber,
  yesOrNo,
} from './config-values.ts'

export type Variable<Value = unknown> = {
  readonly kind: Kind<Value>
  /** As a person would write it; null where leaving the variable out switches something off or has a meaning of its own. */
  readonly preset: string | null
  readonly meaning: string
  /** A value that works, for the sentence that refuses another one; empty where `source` stands for it. */
  readonly example: string
  /** Where a value comes from that everybody must make for themselves; null where an example helps. */
  readonly source: string | null
  /** Never repeated in a message, because it may hold a password. */
  readonly hidden: boolean
}

type Rest = { example?: string; source?: string; hidden?: true }
const variable = <Value>(kind: Kind<Value>, preset: string | null, meaning: string, rest?: Rest): Variable<Value> => ({
  kind,
  preset,
  meaning,
  example: rest?.example ?? preset ?? '',
  source: rest?.source ?? null,
  hidden: rest?.hidden ?? false,
})
const off = (meaning: string) => variable(yesOrNo, 'false', meaning, { example: 'true' })

export const GROUPS = {
  'Where it listens': {
    HOST: variable(host, '127.0.0.1', 'The name or address to listen on. 0.0.0.0 or :: is every network of the machine.'),
    PORT: variable(wholeNumber(0, 65_535), '8080', 'The port to listen on. 0 takes a free one.'),
    PUBLIC_URL: variable(origin, null, 'Where browsers find Teahouse, for links and the check of origins. Without it: its own address.', {
      example: 'https://chat.example.org',
    }),
    ALLOWED_ORIGINS: variable(
      list(origin, 'a list of origins such as https://chat.example.org, with commas between them'),
      null,
      'Web pages of these origins may open a WebSocket, several with commas between them. Without it: PUBLIC_URL, else its own address.',
      { example: 'https://chat.example.org' },
    ),
    TRUSTED_PROXIES: variable(
      list(addresses, 'a list of addresses or blocks such as 127.0.0.1,10.0.0.0/8'),
      null,
      'Reverse proxies whose X-Forwarded-For is believed: addresses or blocks, several with commas between them. Without it: none.',
      { example: '127.0.0.1,10.0.0.0/8' },
    ),
  },
  'What it stores': {
    DATA_DIR: variable(text, './data', 'The folder of the embedded database and the generated secret. One process at a time can use it.'),
    DATABASE_URL: variable(databaseUrl, null, 'A PostgreSQL server, 15 or newer. Without it: an embedded one, its files in DATA_DIR.', {
      example: 'postgres://teahouse:password@db.example.org:5432/teahouse',
      hidden: true,
    }),
    SECRET: variable(
      atLeast(32),
      null,
      'Signs tokens, at least 32 characters. Must be set with DATABASE_URL, the same on every instance. Without it: made once and kept in DATA_DIR.',
      { source: 'the output of: openssl rand -base64 32', hidden: true },
    ),
  },
  'Several instances': {
    REDIS_URL: variable(
      list(redisUrl, 'a list of URLs that begin with redis:// or rediss://'),
      null,
      'Redis 7 or newer, between the instances; several with commas between them are a cluster. Without it: one process.',
      { example: 'redis://redis.example.org:6379', hidden: true },
    ),
    KAFKA_BROKERS: variable(
      list(broker, 'a list of brokers such as kafka-1:9092,kafka-2:9092'),
      null,
      'Kafka gets every event: host:port, several with commas between them. Without it: off.',
      { example: 'kafka-1:9092,kafka-2:9092' },
    ),
    KAFKA_TOPIC_PREFIX: variable(topicPrefix, 'teahouse.', 'Stands before the name of every topic.'),
    KAFKA_USERNAME: variable(text, null, 'For SASL; together with KAFKA_PASSWORD.', { example: 'teahouse' }),
    KAFKA_PASSWORD: variable(text, null, 'For SASL; together with KAFKA_USERNAME.', { example: 'its password', hidden: true }),
    KAFKA_SASL_MECHANISM: variable(
      mechanism,
      null,
      'How Teahouse proves to Kafka who it is. Without it: SCRAM-SHA-512 without TLS, PLAIN with it.',
      { example: 'SCRAM-SHA-512' },
    ),
    KAFKA_TLS: off('Whether Kafka is reached through TLS.'),
    KAFKA_PARTITIONS: variable(
      wholeNumber(1, 10_000),
      '12',
      'Partitions of the topics that Teahouse makes. Those that exist stay as they are.',
    ),
    KAFKA_RETENTION_H: variable(wholeNumber(1, 876_000), '168', 'Hours that Kafka keeps the records of the topics that Teahouse makes.'),
  },
  'Who may do what': {
    REGISTRATION: variable(oneOf('open', 'closed'), 'open', 'closed: nobody can register.'),
    ENABLE_ORGANIZATIONS: off('Organizations, departments and positions.'),
    ENABLE_USER_ROLES: off('Roles with permissions of their own.'),
    ENABLE_PROXY_SYSTEM: off('People who act on behalf of others.'),
    ENABLE_BOT_MESSAGES: off('Bots with tokens of their own.'),
    ENABLE_ONLINE_STATISTICS: off('How long people were online.'),
    ENABLE_ADVANCED_ADMIN: off('More routes for administrators.'),
  },
  'What it reports': {
    LOG_LEVEL: variable(
      oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      'info',
      'The least important lines that are logged.',
    ),
    OTEL_EXPORTER_OTLP_ENDPOINT: variable(webUrl, null, 'Where spans are sent, OTLP over HTTP. Without it: nowhere.', {
      example: 'http://127.0.0.1:4318',
      hidden: true,
    }),
  },
} as const

const limit = (name: keyof Limits, kind: Kind<number>, meaning: string): Variable<number> =>
  variable(kind, String(DEFAULT_LIMITS[name]), meaning)
const RATE = 'no limit with 0'
const LONG = 315_360_000 // ten years, in seconds
const BYTES = 1_073_741_824

export const LIMIT_VARIABLES: { readonly [Name in keyof Limits]: Variable<number> } = {
  message_characters: limit(
    'message_characters',
    wholeNumber(1, DEFAULT_LIMITS.message_characters),
    'Characters (code points) of one message.',
  ),
  messages_burst: limit('messages_burst', wholeNumber(0, 1_000_000), `Messages that a user may send at once; ${RATE}.`),
  messages_per_second: limit('messages_per_second', number(0, 1_000_000), `Messages a second that a user may send for long; ${RATE}.`),
  auth_per_account_minute: limit(
    'auth_per_account_minute',
    wholeNumber(0, 1_000_000),
    `Attempts to sign in, a minute and account; ${RATE}.`,
  ),
  auth_per_address_minute: limit(
    'auth_per_address_minute',
    wholeNumber(0, 1_000_000),
    `Attempts to sign in, a minute and address; ${RATE}.`,
  ),
  writes_per_minute: limit('writes_per_minute', wholeNumber(0, 1_000_000), `Other writes of one user a minute; ${RATE}.`),
  connections: limit('connections', wholeNumber(1, 1_000_000), 'WebSocket connections of one process.'),
  connections_per_user: limit('connections_per_user', wholeNumber(1, 1_000_000), 'WebSocket connections of one user in one process.'),
  frame_bytes: limit('frame_bytes', wholeNumber(1_024, 16_777_216), 'Bytes of one WebSocket frame of a client.'),
  body_bytes: limit('body_bytes', wholeNumber(1_024, BYTES), 'Bytes of the body of one request.'),
  unsent_bytes: limit('unsent_bytes', wholeNumber(1_024, BYTES), 'Bytes that may wait for one slow reader before it is cut off.'),
  unsent_bytes_total: limit(
    'unsent_bytes_total',
    wholeNumber(1_024, BYTES * 64),
    'Bytes that may wait for all readers of one process together.',
  ),
  room_members: limit('room_members', wholeNumber(2, 1_000_000), 'Members of one room.'),
  edit_window_s: limit('edit_window_s', wholeNumber(0, LONG), 'Seconds within which authors can edit a message.'),
  recall_window_s: limit('recall_window_s', wholeNumber(0, LONG), 'Seconds within which authors can recall a message.'),
  heartbeat_s: limit('heartbeat_s', wholeNumber(1, 900), 'Seconds between the signs of life that clients are asked for.'),
  idle_timeout_s: limit(
    'idle_timeout_s',
    wholeNumber(1, 3_600),
    'Seconds of silence after which a connection is closed. Longer than HEARTBEAT_S.',
  ),
  authenticate_within_s: limit('authenticate_within_s', wholeNumber(1, 600), 'Seconds within which a new connection must say who it is.'),
  drain_s: limit('drain_s', wholeNumber(0, 3_600), 'Seconds over which clients are asked to leave before the process stops.'),
}

const WITHOUT_PREFIX = ['edit_window_s', 'recall_window_s', 'heartbeat_s', 'idle_timeout_s', 'authenticate_within_s', 'drain_s']

/** The variable that sets a limit. */
export const limitVariable = (name: string): string => `${WITHOUT_PREFIX.includes(name) ? '' : 'LIMIT_'}${name.toUpperCase()}`

/** All variables in the order of the documentation, by group. */
export const allVariables = (): { group: string; name: string; variable: Variable }[] => [
  ...Object.entries(GROUPS).flatMap(([group, variables]) =>
    Object.entries<Variable>(variables).map(([name, variable]) => ({ group, name, variable })),
  ),
  ...Object.entries<Variable>(LIMIT_VARIABLES).map(([name, variable]) => ({ group: 'Limits', name: limitVariable(name), variable })),
]
