/** A private PostgreSQL server: made on first start, watched while it runs, and gone with the process that started it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { within } from '../../domain/within.ts'
import { ENVIRONMENT, prepare, type Programs } from './embedded-files.ts'

const STARTS = 6 // in a row, 0.1 s to 1.6 s apart: covers the moment that the workers of a killed server still hold its memory
const ORPHAN_STOPS_WITHIN_MS = 60_000
const STOPS_WITHIN_MS = 30_000
const LAST_WORDS_MS = 1_000
const FULL_DISK_RETRY_MS = 2_000
const LOCK = 7_332_476
const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: 50,
  timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
}
/** Runs "$@" until it ends or our end of its standard input closes, by whatever death of ours; then SIGINT, a clean shutdown. */
const WHILE_STDIN_IS_OPEN =
  'exec 3<&0; "$@" <&- 3<&- & server=$!; { read -r _ <&3; kill -INT $server; } & watch=$!; wait $server; code=$?; kill $watch 2>&-; exit $code'
/** The server's answers to our own asking whether it is there yet. */
const CHATTER = /starting up$|not yet accepting|Consistent recovery state/

export type Connection = { host: string; port: number; user: string; database: string }
export type Embedded = {
  /** What `pg.Pool` needs. No password: only this user and root can enter the socket's folder. */
  readonly connection: Connection
  /** Settles when the server is gone for good: with undefined after `stop`, else with the reason. A crash alone is repaired. */
  readonly ended: Promise<Error | undefined>
  /** Rolls open transactions back, writes a checkpoint, ends. */
  stop(): Promise<void>
}

/** Starts the server on the files in `dataDir`/postgres. Throws an Error that says what to do when it cannot; `log` gets its lines. */
export async function startEmbedded(
  dataDir: string,
  log: (line: string) => void,
  settings: Record<string, string | number> = {},
  programs?: Programs,
): Promise<Embedded> {
  const { dir, user, bin, socketDir, asSeenByServer } = await prepare(dataDir, programs)
  const connection = { host: socketDir, port: 5432, user: 'teahouse', database: 'postgres' }
  const options = Object.entries({ ...SETTINGS, unix_socket_directories: socketDir === dir ? '.' : socketDir, ...settings })
  const command = [join(bin, 'postgres'), '-D', asSeenByServer, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  let server: { process: ChildProcess; gone: Promise<'gone'> } | undefined
  let lock: Client | undefined
  let stopping = false
  let reason = '' // the server's last complaint before its end
  const asked = Promise.withResolvers<void>() // to stop

  /** Ends a server that an earlier run left behind (killed together with the shell that watches); refuses one that is in use. */
  async function clear(): Promise<void> {
    const until = Date.now() + ORPHAN_STOPS_WITHIN_MS
    while (Date.now() < until) {
      const answer = await claim(connection)
      if (answer === 'silent') return forgetStrangers(dir, socketDir)
      if (answer === 'taken')
        throw new Error(
          `${dataDir} is in use by another Teahouse (database server ${serverPid(dir)}). Stop that one, or set DATA_DIR to another folder.`,
        )
      if (answer !== 'starting') {
        log(`stopping the database server ${serverPid(dir)} of an earlier run`)
        signalServer(dir, 'SIGINT')
        await answer.end().catch(() => {})
      }
      await sleep(100)
    }
    throw new Error(`The database server ${serverPid(dir)} of an earlier run on ${dir} does not stop. End that process, then start again.`)
  }

  async function start(attempt = 1): Promise<void> {
    await clear()
    if (stopping) return
    reason = 'it says nothing'
    const started = launch(command, dir, user, (line) => {
      if (CHATTER.test(line)) return
      if (/^(FATAL|PANIC)/.test(line)) reason = line
      log(line)
    })
    server = started
    for (;;) {
      const answer = await Promise.race([claim(connection), started.gone])
      if (answer === 'gone') break
      if (typeof answer !== 'string') return hold(answer, started)
      await sleep(20)
    }
    if (attempt === STARTS) throw new Error(`The embedded database does not start: ${reason}. ${advice(reason, dir)}`)
    await sleep(50 * 2 ** attempt)
    return start(attempt + 1)
  }

  /** A killed worker ends every session and the server goes on: the lock must be taken again before somebody else does. */
  function hold(session: Client, on: NonNullable<typeof server>): void {
    lock = session
    session.once('end', () => void retake())
    async function retake(): Promise<void> {
      while (!stopping && server === on && alive(on.process)) {
        const answer = await claim(connection).catch(() => 'starting' as const)
        if (typeof answer !== 'string') {
          if (!stopping && server === on) return hold(answer, on)
          return answer.end().catch(() => {})
        }
        await sleep(50)
      }
    }
  }

  /** Starts again what crashed, unless it crashes over and over. A full disk is no such crash: somebody will make room. */
  async function watch(): Promise<Error | undefined> {
    for (let crashes = 0; crashes < STARTS;) {
      const since = Date.now()
      await server?.gone
      await lock?.end().catch(() => {})
      if (stopping) return undefined
      log('the database server stopped unexpectedly; starting it again')
      crashes = Date.now() - since > 60_000 || isFullDisk(reason) ? 0 : crashes + 1
      await restart()
      if (stopping) await release() // stop() met the old server
    }
    return new Error(
      `The embedded database crashed ${STARTS} times in a row. Its last lines are in the log; mend what they say, then start again.`,
    )
  }

  async function restart(): Promise<void> {
    for (let told = ''; !stopping;) {
      try {
        return await start()
      } catch (error) {
        const { message } = error as Error
        if (!isFullDisk(message)) throw error
        if (message !== told) log(`${message} Meanwhile it is tried again and again.`)
        told = message
        await Promise.race([sleep(FULL_DISK_RETRY_MS), asked.promise])
      }
    }
  }

  async function release(): Promise<void> {
    await lock?.end().catch(() => {})
    server?.process.stdin?.end()
  }

  async function stop(): Promise<void> {
    stopping = true
    asked.resolve()
    await release()
    const late = setTimeout(() => {
      log('the database server does not stop by itself; ending it at once, its next start will recover')
      signalServer(dir, 'SIGQUIT')
    }, STOPS_WITHIN_MS)
    await ended
    clearTimeout(late)
    if (socketDir !== dir) rmSync(socketDir, { recursive: true, force: true })
  }

  const failed = async (error: unknown): Promise<Error> => {
    await release()
    return error instanceof Error ? error : new Error(String(error))
  }
  await start().catch(async (error: unknown) => {
    throw await failed(error)
  })
  const ended = watch().catch(failed)
  return { connection, ended, stop }
}

/** Starts the server under its shell, in a session of its own: a Ctrl-C must not reach it before us. */
function launch(command: string[], cwd: string, user: { uid: number; gid: number } | undefined, onLine: (line: string) => void) {
  const child = spawn('/bin/sh', ['-c', WHILE_STDIN_IS_OPEN, 'sh', ...command], {
    ...user,
    cwd,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: ENVIRONMENT,
  })
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onLine)
  child.stdin?.on('error', () => {})
  const gone = new Promise<'gone'>((resolve) => {
    const closed = new Promise<void>((end) => void child.once('close', () => end())) // its last words have been read
    child.once('exit', () => void within(LAST_WORDS_MS, closed).then(() => resolve('gone')))
    child.once('error', (error) => {
      onLine(`FATAL:  ${error.message}`)
      resolve('gone')
    })
  })
  return { process: child, gone }
}

const alive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

/** A session of the database is the lock on its folder: it ends with its holder, however that ends. Throws what the server refuses with. */
async function claim(connection: Connection): Promise<Client | 'taken' | 'starting' | 'silent'> {
  const client = new Client({ ...connection, application_name: `teahouse ${process.pid}`, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK])
    if (rows[0]?.mine) return client
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string }
    await client.end().catch(() => {})
    if (code.startsWith('57P') || message.includes('timeout')) return 'starting' // or stopping
    if (/^(?=.*[0-9])[0-9A-Z]{5}$/.test(code))
      throw new Error(`The embedded database accepts no connection: ${message}. ${advice(message, connection.host)}`, { cause: error })
    return 'silent'
  }
  await client.end()
  return 'taken'
}

const isFullDisk = (reason: string): boolean => reason.includes('No space left on device')

function advice(reason: string, dir: string): string {
  if (isFullDisk(reason)) return `Make room on the disk of ${dir}, then start again.`
  return `The log has its last lines. Mend what they say in ${dir} and start again, or set DATABASE_URL to a PostgreSQL server.`
}

function serverPid(dir: string): number {
  try {
    return Number(readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return Number.NaN
  }
}

function signalServer(dir: string, signal: NodeJS.Signals): void {
  const pid = serverPid(dir)
  try {
    if (pid > 1) process.kill(pid, signal)
  } catch {} // gone meanwhile, or another user's: whoever waits for its end finds out
}

/** In a container the number of a server killed earlier soon belongs to another process, which PostgreSQL would take for a server. */
function forgetStrangers(dir: string, socketDir: string): void {
  for (const file of [join(dir, 'postmaster.pid'), join(socketDir, '.s.PGSQL.5432.lock')]) {
    if (!existsSync(file)) continue
    try {
      const pid = Math.abs(Number(readFileSync(file, 'utf8').split('\n')[0]))
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')) rmSync(file)
    } catch {} // no such process, or no /proc: then PostgreSQL's own check is right
  }
}
