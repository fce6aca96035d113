/** The server as a real process: started with an environment of its own, listened to, signalled, and never left behind. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { until } from './until.ts'

const ROOT = resolve(import.meta.dir, '../../../..')
const MAIN = join(ROOT, 'packages/server/src/main.ts')
const READY = /^Teahouse is ready at (http:\/\/\S+)$/

type Environment = Record<string, string>
type Starter = 'program' | 'script' | 'npm'
const COMMANDS: Record<Starter, string[]> = {
  program: [process.execPath, MAIN],
  script: ['node', join(ROOT, 'scripts/run.mjs'), 'bun', MAIN],
  npm: ['npm', 'start', '--'],
}
export type ServerProcess = {
  readonly pid: number
  /** Lines so far. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** The exit code; 128 + the signal's number when one ended it. */
  readonly exited: Promise<number>
  /** The address of the ready line. Throws with what it said if it ends before. */
  ready(): Promise<string>
  signal(name: NodeJS.Signals): void
  /** The sentences of the log, oldest first. */
  sentences(): string[]
}

const started = new Set<{ kill(signal: NodeJS.Signals): void; exited: Promise<number> }>()
const folders: string[] = []

/** A free port and nothing else from our own environment. `by`: the program itself, the script that `npm start` runs, or npm. */
export function startProcess(
  environment: Environment,
  { by = 'program', flags = [] }: { by?: Starter; flags?: string[] } = {},
): ServerProcess {
  const command = COMMANDS[by]
  const child = Bun.spawn([...command, ...flags], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', PORT: '0', ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const reading = Promise.all([readLines(child.stdout, stdout), readLines(child.stderr, stderr)])
  const exited = Promise.all([child.exited, reading]).then(([code]) => code)
  const entry = { kill: (signal: NodeJS.Signals) => child.kill(signal), exited }
  started.add(entry)
  void exited.then(() => started.delete(entry))
  let ended = false
  void exited.then(() => (ended = true))
  const address = () => stdout.map((line) => READY.exec(line)?.[1]).find(Boolean)
  return {
    pid: child.pid,
    stdout,
    stderr,
    exited,
    async ready() {
      await until(() => address() ?? ended, { withinMs: 30_000, what: 'the ready line' })
      const found = address()
      if (!found) throw new Error(`It ended before it was ready:\n${[...stdout, ...stderr].join('\n')}`)
      return found
    },
    signal: (name) => child.kill(name),
    sentences: () => stderr.map(sentenceOf),
  }
}

/** A folder for DATA_DIR, removed by `endProcesses`. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-process-'))
  folders.push(folder)
  return folder
}

/** For `afterEach`: ends what still runs, waits for it, removes the folders. */
export async function endProcesses(): Promise<void> {
  for (const child of started) child.kill('SIGKILL')
  await Promise.all([...started].map(({ exited }) => exited))
  for (const folder of folders.splice(0)) {
    await until(() => removed(folder), { what: `${folder} to be removed` }) // a database server ends some ms after its process
  }
}

function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {} // something in it came or went meanwhile
  return !existsSync(folder)
}

function sentenceOf(line: string): string {
  try {
    return (JSON.parse(line) as { msg?: string }).msg ?? line
  } catch {
    return line
  }
}

async function readLines(from: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of from) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    into.push(...parts)
  }
  if (rest) into.push(rest)
}
