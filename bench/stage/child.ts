/** A server under test as a process of its own: started on the servers' core, known to be ready by a line, ended by its pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Cores, onServerCore } from './cores.ts'

const READY_WITHIN_MS = 60_000
const END_WITHIN_MS = 20_000

export type Child = {
  readonly pid: number
  /** What the expression found in the ready line. */
  readonly ready: RegExpExecArray
  stop(): Promise<void>
}

export type ChildOptions = {
  readonly cores: Cores
  readonly command: readonly string[]
  readonly cwd?: string
  readonly environment: Readonly<Record<string, string>>
  /** A line of its output that says it serves. */
  readonly readyLine: RegExp
  /** The file that gets everything it says. */
  readonly log: string
}

/** Throws an Error with the last lines when the process ends, or says nothing, before it is ready. */
export async function startChild({ cores, command, cwd, environment, readyLine, log }: ChildOptions): Promise<Child> {
  const [program = '', ...args] = onServerCore(cores, command)
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment }
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  const lines: string[] = []
  const file = createWriteStream(log, { flags: 'a' })
  const ready = Promise.withResolvers<RegExpExecArray>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      file.write(line + '\n')
      if (lines.length < 1000) lines.push(line)
      const found = readyLine.exec(line)
      if (found) ready.resolve(found)
    })
  }
  const fail = (why: string) => ready.reject(new Error(`${command.join(' ')} ${why}:\n${lines.slice(-8).join('\n')}`))
  child.once('error', (error) => fail(error.message))
  child.once('exit', (code, signal) => fail(`ended with ${code ?? signal} before it was ready`))
  const timer = setTimeout(() => fail('does not get ready'), READY_WITHIN_MS)
  try {
    return { pid: child.pid ?? 0, ready: await ready.promise, stop: () => stop(child) }
  } catch (error) {
    await stop(child)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
  await ended
  clearTimeout(timer)
}
