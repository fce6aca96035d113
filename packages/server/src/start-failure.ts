/** Why it does not start, in one sentence that also says what to do. */
import type { Config } from './config.ts'
import { causesOf, certificateRefusal } from './infrastructure/refusals.ts'

/**
 * For every failure of `startApp`. Our own errors speak for themselves; those of the system and of PostgreSQL get words here.
 * What is not `expected` is a fault of Teahouse, and its stack belongs into the log. `setting` is what names the database.
 */
export function startFailure(error: unknown, config: Place, setting = 'DATABASE_URL'): { sentence: string; expected: boolean } {
  const root = rootOf(error)
  const { message, plain } = root
  const known = secured(error, config, setting) ?? sentence(root, config, setting)
  return {
    sentence: known ?? (message || 'It does not start, and gives no reason.'),
    expected: known !== null || (plain && message.endsWith('.')),
  }
}

type Place = Pick<Config, 'host' | 'port' | 'databaseUrl' | 'dataDir'>

function sentence({ code, syscall, message }: Root, { host, port, databaseUrl, dataDir }: Place, setting: string): string | null {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use by another program. Stop that one, or set PORT to another number; 0 takes a free one.`
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${host}. Set HOST to one that it has, for example 127.0.0.1, or 0.0.0.0 for all.`
    case 'EINVAL':
      if (syscall !== 'listen') break
      return `${host} is neither an address of this machine nor a name that it knows. Set HOST to one that it has, for example 127.0.0.1, or 0.0.0.0 for all.`
    case 'EACCES':
      return port > 0 && port < 1024 ? `This user may not listen on port ${port}. Set PORT to a number from 1024 on.` : null
    case 'ENOSPC':
    case '53100':
      return `The disk is full. Make room where ${databaseUrl ? 'the database' : dataDir} lies, then start again.`
  }
  return databaseUrl ? databaseSentence(code ?? (SEVERED.test(message) ? 'ECONNRESET' : ''), placeOf(databaseUrl), setting) : null
}

/** What the driver says, without a code, when whoever listens there hangs up or stays silent. */
const SEVERED = /^(Connection terminated|timeout exceeded when trying to connect)/

/** What stands between us and a database that is reached through TLS. */
function secured(error: unknown, { databaseUrl }: Place, setting: string): string | null {
  if (!databaseUrl) return null
  const place = placeOf(databaseUrl)
  const wrong = certificateRefusal(error)
  if (wrong !== null)
    return `The database at ${place} is not trusted: ${wrong}${wrong.endsWith('NODE_EXTRA_CA_CERTS') ? `, or in ${setting} as sslrootcert` : ''}.`
  const causes = causesOf(error)
  if (causes.some(({ message }) => message === 'The server does not support SSL connections'))
    return `The database at ${place} does not speak TLS. Let it, or leave sslmode out of ${setting}.`
  const file = causes
    .map((cause) => ('syscall' in cause && cause.syscall === 'open' && 'path' in cause ? String(cause.path) : ''))
    .find(Boolean)
  if (file && new URLSearchParams(databaseUrl.replace(/^[^?]*/, '')).values().some((value) => value === file))
    return `The file ${file}, which ${setting} names, can not be read. Mend its name, or let this user read it.`
  return null
}

function databaseSentence(code: string, place: string, setting: string): string | null {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `No database answers at ${place}. Start it, or say in ${setting} where it is.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database's host in ${place} is not known. Mend ${setting}.`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
      return `The database at ${place} can not be reached. Mend the network between, or say in ${setting} where it is.`
    case '28P01':
    case '28000':
      return `The database at ${place} does not let this user in. Mend user and password in ${setting}.`
    case '3D000':
      return `The server at ${place} has no such database. Create it, or name another one in ${setting}.`
    case '42501':
      return `The user in ${setting} may not create tables in ${place}. Make that user the owner of the database.`
    case '53300':
      return `The database at ${place} has no free connection. Raise its max_connections, or stop what uses it.`
    case '57P01':
    case '57P02':
    case '57P03':
      return `The database at ${place} is starting or stopping. Wait until it is up, then start again.`
  }
  return null
}

/** Without user and password. */
function placeOf(databaseUrl: string): string {
  const bare = databaseUrl.replace(/^(\w+:\/\/)[^/?]*@/, '$1')
  const url = URL.parse(bare)
  if (!url?.protocol.startsWith('postgres')) return bare.replace(/[?].*$/, '')
  return `${url.searchParams.get('host') ?? decodeURIComponent(url.host || 'this machine')}${decodeURIComponent(url.pathname)}`
}

type Root = { code?: string; syscall?: unknown; message: string; plain: boolean }

/** What lies below: several addresses tried for one name come as one error around several, some libraries wrap the cause. */
function rootOf(error: unknown): Root {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  if (!(error instanceof Error)) return { message: String(error), plain: false }
  const { message, cause } = error
  const own = { message, plain: error.name === 'Error' }
  if ('code' in error && typeof error.code === 'string')
    return { ...own, code: error.code, syscall: 'syscall' in error ? error.syscall : undefined }
  if (message.endsWith('.') || !(cause instanceof Error)) return own // words of our own say more than the cause below
  return { ...rootOf(cause), message }
}
