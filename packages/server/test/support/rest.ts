/** A whole server in this process on a database of its own, and a REST client made from the table of routes. */
import { ADDRESSES, type ErrorObject, type RouteAnswer, type RouteName, type RouteRequest, type Session } from '@teahouse/protocol'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/infrastructure/logging.ts'
import { freshDatabase } from './database.ts'
import { expectPromisesKept } from './promises.ts'

export const SECRET = 'a secret for tests, of more than 32 characters'
/** Tests do in a second what people do in a day. */
const NO_RATES = {
  LIMIT_MESSAGES_BURST: '0',
  LIMIT_WRITES_PER_MINUTE: '0',
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
  LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  DRAIN_S: '0',
}

export type House = Rest & {
  readonly url: string
  readonly databaseUrl: string
  /** Every line that was logged so far. */
  readonly logged: readonly string[]
  /** Stops the server; the database stays. */
  stop(): Promise<void>
  /** Stops the server, proves what the database must keep, drops it. */
  close(): Promise<void>
}

export async function openHouse(environment: Record<string, string> = {}): Promise<House> {
  const database = await freshDatabase()
  const logged: string[] = []
  const { log } = createLog('trace', { to: (line) => logged.push(line) })
  const app = await startApp(readConfig({ PORT: '0', DATABASE_URL: database.url, SECRET, ...NO_RATES, ...environment }), { log })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= app.stop())
  return {
    ...restClient(app.url),
    url: app.url,
    databaseUrl: database.url,
    logged,
    stop,
    async close() {
      await stop()
      await expectPromisesKept(database.url)
      await database.drop()
    },
  }
}

export type Answer<Body> = {
  readonly status: number
  /** The error code; null when it worked. */
  readonly code: string | null
  readonly error: ErrorObject | null
  /** Throws when the answer is an error. */
  readonly body: Body
  readonly headers: Headers
}

type Options = { token?: string | undefined; key?: string | undefined; headers?: Record<string, string> | undefined }
export type Rest = ReturnType<typeof restClient>

export function restClient(url: string) {
  async function raw<Body = unknown>(
    address: string,
    { token, key, headers, body }: Options & { body?: unknown } = {},
  ): Promise<Answer<Body>> {
    const [method = 'GET', path = '/'] = address.split(' ')
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    const error = response.ok ? null : (parsed as { error: ErrorObject }).error
    return {
      status: response.status,
      code: error?.code ?? null,
      error,
      headers: response.headers,
      get body() {
        if (error) throw new Error(`${address} answered ${error.code}: ${error.message} ${JSON.stringify(error.details ?? '')}`)
        return parsed as Body
      },
    }
  }

  /** What belongs into the path goes there; the rest is the query of a GET, the body of others. */
  function call<Name extends RouteName>(name: Name, input: RouteRequest<Name>, options: Options = {}): Promise<Answer<RouteAnswer<Name>>> {
    const rest: Record<string, unknown> = { ...(input as object) }
    const address = ADDRESSES[name].replaceAll(/:(\w+)/g, (_, param: string) => {
      const value = rest[param]
      delete rest[param]
      return encodeURIComponent(String(value))
    })
    if (!address.startsWith('GET')) return raw(address, { ...options, ...(Object.keys(rest).length > 0 ? { body: rest } : {}) })
    const query = new URLSearchParams(Object.entries(rest).map(([field, value]) => [field, String(value)]))
    return raw(`${address}${query.size > 0 ? `?${query}` : ''}`, options)
  }

  let people = 0
  return {
    raw,
    call,
    /** A new account, signed in. */
    newcomer: async (username = `guest${++people}`): Promise<Session> =>
      (await call('register', { username, email: `${username}@example.org`, password: PASSWORD })).body,
  }
}

export const PASSWORD = 'oolong on tuesday'
