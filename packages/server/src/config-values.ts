/** What a variable of the environment may say: from text to a checked value, or a reason in words. */
import { isIP } from 'node:net'

/** How one kind of value is written. `read` throws an Error whose message goes on after the variable's name: "is not …". */
export type Kind<Value> = { readonly takes: string; read(text: string): Value }

const kind = <Value>(takes: string, read: (text: string) => Value | undefined): Kind<Value> => ({
  takes,
  read(text) {
    const value = read(text)
    if (value === undefined) throw new Error(`is not ${takes}`)
    return value
  },
})

export const text = kind('text', (given) => given)

export const wholeNumber = (min: number, max: number) =>
  kind(`a whole number from ${min} to ${max}`, (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : -1
    return value >= min && value <= max ? value : undefined
  })

export const number = (min: number, max: number) =>
  kind(`a number from ${min} to ${max}`, (given) => {
    const value = /^\d{1,15}(\.\d{1,6})?$/.test(given) ? Number(given) : -1
    return value >= min && value <= max ? value : undefined
  })

export const oneOf = <Word extends string>(...words: readonly Word[]) =>
  kind(`one of ${words.join(', ')}`, (given) => words.find((word) => word === given.toLowerCase()))

const YES = ['true', '1', 'yes', 'on']
const NO = ['false', '0', 'no', 'off']
export const yesOrNo = kind('true or false', (given) =>
  YES.includes(given.toLowerCase()) ? true : NO.includes(given.toLowerCase()) ? false : undefined,
)

export const atLeast = (characters: number) =>
  kind(`at least ${characters} characters long`, (given) => (Array.from(given).length >= characters ? given : undefined))

export const host = kind('the name or address of one network interface, without scheme and port', (given) => {
  const bare = given.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) || /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(bare) ? bare : undefined
})

/** Several values with commas between them; spaces around them and an empty end do no harm. */
export const list = <Value>(one: Kind<Value>, takes: string): Kind<Value[]> => ({
  takes,
  read(given) {
    const parts = given.split(',').map((part) => part.trim())
    const values = parts.filter(Boolean).map((part) => one.read(part))
    if (values.length === 0) throw new Error(`is not ${takes}`)
    return values
  },
})

const parsed = (given: string, protocols: readonly string[]): URL | undefined => {
  const url = URL.parse(given)
  return url && protocols.includes(url.protocol) ? url : undefined
}

/** Where a browser finds us: scheme, host and port, nothing behind them, as the header `Origin` writes it. */
export const origin = kind('an origin such as https://chat.example.org, without a path', (given) => {
  const url = parsed(given, ['http:', 'https:'])
  return url && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password ? url.origin : undefined
})

export const webUrl = kind('a URL that begins with http:// or https://', (given) =>
  parsed(given, ['http:', 'https:'])?.hostname ? given : undefined,
)

export const redisUrl = kind('a URL that begins with redis:// or rediss://', (given) =>
  parsed(given, ['redis:', 'rediss:'])?.hostname ? given : undefined,
)

/** All that the driver `pg` takes: URLs, also with an empty or encoded host, `socket:` and a bare folder of a unix socket. */
export const databaseUrl = kind(
  'a URL such as postgres://user:password@host:5432/name, in which special characters of the password are written as %XX',
  (given) => {
    if (/^(\/|socket:\/)/.test(given)) return given
    const rest = /^postgres(?:ql)?:\/\/(.*)$/s.exec(given)?.[1]
    if (!rest || /[\s#]/.test(rest)) return undefined
    return URL.parse(given.replace('@/', '@socket/')) ? given : undefined // as the driver does for user@ without a host
  },
)

export const broker = kind('a host and a port such as kafka-1:9092', (given) => {
  const [, name = '', port = ''] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(given) ?? []
  return name && Number(port) >= 1 && Number(port) <= 65_535 ? given : undefined
})

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export const mechanism = kind(`one of ${MECHANISMS.join(', ')}`, (given) => MECHANISMS.find((word) => word === given.toUpperCase()))

/** One address or a block of them (CIDR). */
export const addresses = kind('an address or a block such as 10.0.0.0/8', (given) => {
  const [address = '', bits, ...more] = given.split('/')
  const version = isIP(address)
  if (!version || more.length > 0) return undefined
  if (bits === undefined) return given
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128) ? given : undefined
})

export const topicPrefix = kind('1 to 100 letters, digits, dots, _ and -', (given) =>
  /^[A-Za-z0-9._-]{1,100}$/.test(given) ? given : undefined,
)
