/** The real server as a process of its own, that a test may kill and start again on the same port and data, and people who use it through the SDK. */
import { createTeahouse, type Ports, type Teahouse } from '@teahouse/sdk'
import { freePort } from '../../../../scripts/servers/program.ts'
import { dataFolder, endProcesses, type ServerProcess, startProcess } from '../../../server/test/support/process.ts'

const NO_RATES = {
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
  LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  LIMIT_WRITES_PER_MINUTE: '0',
  LIMIT_MESSAGES_PER_SECOND: '0',
}
export const PASSWORD = 'oolong on tuesday'

export type RealServer = Awaited<ReturnType<typeof openRealServer>>
const clients: Teahouse[] = []

export async function openRealServer(environment: Record<string, string> = {}) {
  const folder = dataFolder()
  const port = String(await freePort()) // one to come back to
  let running: ServerProcess
  const start = async (): Promise<string> => {
    running = startProcess({ DATA_DIR: folder, PORT: port, ...NO_RATES, ...environment })
    return await running.ready()
  }
  const url = await start()
  let people = 0

  function newClient(ports: Partial<Ports> = {}): Teahouse {
    const client = createTeahouse({ url, ports })
    clients.push(client)
    return client
  }
  return {
    url,
    start,
    newClient,
    /** Somebody new, signed in and live. */
    async person(ports: Partial<Ports> = {}): Promise<Teahouse> {
      const client = newClient(ports)
      const username = `person-${++people}`
      await client.register({ username, email: `${username}@example.org`, password: PASSWORD })
      await client.start()
      return client
    },
    /** Ends the process without a word, and waits until it is gone. */
    async kill(): Promise<void> {
      running.signal('SIGKILL')
      await running.exited
    },
    signal: (name: NodeJS.Signals) => running.signal(name),
    ended: () => running.exited,
  }
}

/** For `afterAll`. */
export async function closeRealServers(): Promise<void> {
  for (const client of clients.splice(0)) client.stop()
  await endProcesses()
}

export const meOf = (client: Teahouse) => {
  const session = client.view('session')
  if (session.status !== 'signed_in') throw new Error('Nobody is signed in')
  return session.user
}

/** What a client shows of a room: contents of the latest stretch, in order. */
export const contents = (client: Teahouse, roomId: string): string[] =>
  client
    .view(`timeline:${roomId}`)
    ?.spans.at(-1)
    ?.messages.map((message) => message.content) ?? []
