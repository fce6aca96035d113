/** A server program: started on a port of its own, killed, stopped, frozen and started again at the same place. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { until } from '../../packages/server/test/support/until.ts'

export type ServerProgram = {
  readonly port: number
  readonly pid: () => number
  start(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Ends it and waits for the end. */
  end(name?: NodeJS.Signals): Promise<void>
}

export type ProgramOptions = {
  name: string
  command: readonly string[]
  folder: string
  port: number
  user?: { uid: number; gid: number } | null
  env?: Record<string, string | undefined>
  answers: () => Promise<boolean>
  withinMs?: number
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export function serverProgram(options: ProgramOptions): ServerProgram {
  const { name, command, folder, port, user = null, env = process.env, answers, withinMs = 60_000 } = options
  const [program = '', ...parameters] = command
  const log = join(folder, `${name}.log`)
  let child: ChildProcess | null = null
  let gone = Promise.resolve()
  return {
    port,
    pid: () => child?.pid ?? 0,
    async start() {
      const file = openSync(log, 'a')
      const started = spawn(program, parameters, { ...user, cwd: folder, env, stdio: ['ignore', file, file] })
      closeSync(file)
      child = started
      running.add(started)
      let over = false
      gone = new Promise((resolve) => {
        const end = () => {
          over = true
          running.delete(started)
          resolve()
        }
        started.once('exit', end).once('error', end)
      })
      await until(async () => over || (await answers()), { withinMs, everyMs: 25, what: `${name} to answer` }).catch(
        async (error: Error) => {
          started.kill('SIGKILL') // or it would stand in the way of the next attempt
          await gone
          throw error
        },
      )
      if (over) throw new Error(`${name} ended:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
    },
    signal: (signal) => void child?.kill(signal),
    async end(signal = 'SIGKILL') {
      child?.kill(signal)
      await gone
    },
  }
}

/** Given out already, perhaps to somebody who does not listen yet. */
const given = new Set<number>()

/** Below the range that the kernel takes for outgoing connections, so that a program can come back to its port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000)
    if (given.has(port)) continue
    given.add(port)
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}

export async function listens(port: number): Promise<boolean> {
  return await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } }).then(
    (socket) => {
      socket.end()
      return true
    },
    () => false,
  )
}
