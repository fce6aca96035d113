/** The server as a process of its own, on a database of its own, for what would disturb a test in the same process: floods, kills, memory. */
import { readFileSync } from 'node:fs'
import { ADDRESSES, type RouteAnswer, type RouteName, type RouteRequest } from '@teahouse/protocol'
import { freshDatabase } from './database.ts'
import { startProcess } from './process.ts'
import { expectPromisesKept } from './promises.ts'
import { restClient, SECRET } from './rest.ts'

const RATES_OFF = {
  SECRET,
  LIMIT_MESSAGES_BURST: '0',
  LIMIT_WRITES_PER_MINUTE: '0',
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
  LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  LOG_LEVEL: 'warn',
}

export type Server = Awaited<ReturnType<typeof startServer>>

export async function startServer(environment: Record<string, string> = {}) {
  const database = await freshDatabase()
  const child = startProcess({ DATABASE_URL: database.url, ...RATES_OFF, ...environment })
  const url = await child.ready()
  const rest = restClient(url)
  return {
    url,
    child,
    rest,
    /** Somebody new: REST as him. Throws what the answer is when it is an error. */
    async guest() {
      const session = await rest.newcomer(`guest-${crypto.randomUUID().slice(-12)}`)
      const token = session.access_token
      const call = async <Name extends RouteName>(name: Name, input: RouteRequest<Name>): Promise<RouteAnswer<Name>> =>
        (await rest.call(name, input, { token })).body
      return { id: session.user.id, username: session.user.username, token, call }
    },
    /** Of the process, without what it may give back. */
    memoryBytes: (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    /** A figure of /metrics; 0 when it is not there. */
    async metric(name: string): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
          ?.split(' ')
          .at(-1) ?? 0,
      )
    },
    /** Ends it in order, proves the promises, drops the database. */
    async close(): Promise<void> {
      child.signal('SIGTERM')
      const code = await child.exited
      const bugs = child.stderr.filter((line) => /"level":"(error|fatal)"/.test(line))
      await expectPromisesKept(database.url)
      await database.drop()
      if (code !== 0) throw new Error(`The server ended with ${code}:\n${child.stderr.slice(-10).join('\n')}`)
      if (bugs.length > 0) throw new Error(`The server met bugs:\n${bugs.slice(0, 5).join('\n')}`)
    },
  }
}

/** Where a route lives, for requests at the level of bytes. */
export const pathOf = (name: RouteName): string => `/api/v1${ADDRESSES[name].split(' ')[1] ?? ''}`
