/** Runs other programs for the tests: bounded in time, shown while they run, and ended with us. */
const KILL_AFTER_MS = 10_000

export type Outcome = { readonly code: number; readonly output: string; readonly tooLate: boolean }
export type Run = {
  readonly limitMs: number
  readonly env?: Record<string, string | undefined>
  readonly cwd?: string
  /** false: the output is kept back and only answered. */
  readonly show?: boolean
}

const running = new Set<Bun.Subprocess>()
const cleanups: (() => Promise<void>)[] = []

/** Runs a program to its end, or to the end of its time. */
export async function run(command: readonly string[], { limitMs, env, cwd, show = true }: Run): Promise<Outcome> {
  const options = { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', env: env ?? process.env, ...(cwd ? { cwd } : {}) } as const
  let child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  try {
    child = Bun.spawn([...command], options)
  } catch (error) {
    return { code: 127, output: `${command[0]}: ${(error as Error).message}\n`, tooLate: false }
  }
  running.add(child)
  let tooLate = false
  const limit = setTimeout(() => {
    tooLate = true
    console.error(`${command.slice(0, 3).join(' ')} … did not end within ${limitMs / 1000} s; ending it`)
    end(child)
  }, limitMs)
  const said: string[] = []
  await Promise.all([tee(child.stdout, said, show ? process.stdout : null), tee(child.stderr, said, show ? process.stderr : null)])
  const code = await child.exited
  clearTimeout(limit)
  running.delete(child)
  return { code: tooLate ? 124 : code, output: said.join(''), tooLate }
}

/** What must be undone before we end, in reverse order; also when somebody presses Ctrl-C. */
export function atTheEnd(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup)
}

/** Ends everything that was started here. */
export async function endAll(): Promise<void> {
  for (const child of running) end(child)
  await Promise.all([...running].map((child) => child.exited))
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup().catch((error: unknown) => console.error(error))
}

/** Politely first. */
export function end(child: Bun.Subprocess, signal: NodeJS.Signals = 'SIGTERM'): void {
  child.kill(signal)
  const late = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  void child.exited.then(() => clearTimeout(late))
}

async function tee(from: ReadableStream<Uint8Array>, kept: string[], shown: NodeJS.WriteStream | null): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of from) {
    const text = decoder.decode(chunk, { stream: true })
    kept.push(text)
    shown?.write(text)
  }
}
