/** A real server as a process of its own, on a free port with data of its own; it can be killed and started again in the same place. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '../../scripts/servers/program.ts'

/** Another server's main file may be given, to try the same journeys on it. */
const MAIN = process.env['E2E_SERVER'] ?? resolve(import.meta.dir, '../../packages/server/src/main.ts')
const READY = /Teahouse is ready at (http:\/\/\S+)/
const START_WITHIN_MS = 60_000

export type Server = {
  readonly url: string
  /** SIGKILL: nobody has time for a last word. */
  kill(): Promise<void>
  /** Starts again on the same port with the same data. */
  start(): Promise<void>
  stop(): Promise<void>
}

export async function startServer(env: Record<string, string> = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-e2e-'))
  let child: Bun.Subprocess<'ignore', 'pipe', 'pipe'> | undefined
  const port = String(await freePort()) // one to come back to
  let url = ''
  let log = ''
  const start = async () => {
    child = Bun.spawn([process.execPath, MAIN], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        DATA_DIR: join(folder, 'data'),
        PORT: port,
        LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
        LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
        LIMIT_WRITES_PER_MINUTE: '0',
        LOG_LEVEL: 'warn',
        ...env,
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const starting = child
    void new Response(starting.stderr).text().then((text) => (log += text))
    url = await readyLine(starting, () => log)
  }
  await start()
  return {
    get url() {
      return url
    },
    start,
    async kill() {
      child?.kill('SIGKILL')
      await child?.exited
    },
    async stop() {
      child?.kill('SIGTERM')
      await child?.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function readyLine(child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>, log: () => string): Promise<string> {
  let said = ''
  const reader = child.stdout.getReader()
  const tooLate = setTimeout(() => child.kill('SIGKILL'), START_WITHIN_MS)
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the server did not start: ${said}${log()}`)
      said += new TextDecoder().decode(value)
      const ready = READY.exec(said)
      if (ready?.[1]) return ready[1]
    }
  } finally {
    clearTimeout(tooLate)
    reader.releaseLock()
  }
}
