/** PostgreSQL and Redis from Debian's packages, started for the tests on free ports of this machine alone, with temporary data. */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { FAST_SETTINGS } from '../../packages/server/test/support/database-server.ts'
import { until } from '../../packages/server/test/support/until.ts'
import { provide, unpackedEnvironment } from './debian.ts'
import { atTheEnd } from './programs.ts'

const STARTS_WITHIN_MS = 30_000
const STOPS_WITHIN_MS = 10_000
/** Runs "$@" until it ends or our end of its standard input closes, by whatever death of ours. */
const WHILE_STDIN_IS_OPEN =
  'exec 3<&0; "$@" <&- 3<&- & server=$!; { read -r _ <&3; kill -INT $server; } & watch=$!; wait $server; code=$?; kill $watch 2>&-; exit $code'

type Server = { readonly url: string }
type User = { uid: number; gid: number }

/** The newest PostgreSQL of Debian, as a user who is not root. null where it can not be had. */
export async function startDebianPostgres(): Promise<Server | null> {
  const postgres = await provide('PostgreSQL', ['/usr/lib/postgresql/*/bin/postgres'], ['postgresql'])
  if (!postgres) return null
  const [folder, user, port] = [mkdtempSync(join(tmpdir(), 'teahouse-debian-')), serverUser(), await freePort()]
  if (user) chownSync(folder, user.uid, user.gid)
  const env = { ...process.env, ...unpackedEnvironment(), LC_ALL: 'C' }
  const made = spawnSync(
    join(dirname(postgres), 'initdb'),
    ['-D', join(folder, 'data'), '-U', 'teahouse', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
    { ...user, cwd: folder, env, encoding: 'utf8', timeout: STARTS_WITHIN_MS },
  )
  if (made.status !== 0) return refuse('PostgreSQL', made.error?.message ?? made.stderr, folder)
  const settings = { ...FAST_SETTINGS, listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC' }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const url = `postgres://teahouse@127.0.0.1:${port}/postgres`
  return await keep(
    'PostgreSQL',
    [postgres, '-D', join(folder, 'data'), '-p', String(port), ...options],
    { folder, env, user, url },
    async () => {
      const client = new Client(url)
      await client.connect()
      await client.end()
    },
  )
}

/** Redis that keeps nothing. null where it can not be had. */
export async function startDebianRedis(): Promise<Server | null> {
  const redis = await provide('Redis', ['/usr/bin/redis-server'], ['redis-server'])
  if (!redis) return null
  const [folder, port] = [mkdtempSync(join(tmpdir(), 'teahouse-debian-')), await freePort()]
  const env = { ...process.env, ...unpackedEnvironment() }
  const command = [redis, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  return await keep('Redis', command, { folder, env, user: null, url: `redis://127.0.0.1:${port}` }, async () => {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } })
    socket.end()
  })
}

type Place = { folder: string; env: Record<string, string | undefined>; user: User | null; url: string }

async function keep(name: string, command: string[], { folder, env, user, url }: Place, ask: () => Promise<void>): Promise<Server | null> {
  const log = join(folder, 'log')
  const file = openSync(log, 'a')
  const child = spawn('/bin/sh', ['-c', WHILE_STDIN_IS_OPEN, 'sh', ...command], { ...user, cwd: folder, env, stdio: ['pipe', file, file] })
  closeSync(file)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  let running = true
  void gone.then(() => (running = false))
  atTheEnd(async () => {
    child.stdin?.end()
    const late = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS)
    await gone
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
  })
  const answers = async () =>
    await ask().then(
      () => true,
      () => false,
    )
  await until(async () => !running || (await answers()), { withinMs: STARTS_WITHIN_MS, everyMs: 50 }).catch(() => {})
  if (!running || !(await answers())) return refuse(name, readFileSync(log, 'utf8'), null)
  console.log(`${name}: ${command[0]} at ${url}`)
  return { url }
}

function refuse(name: string, reason: string, folder: string | null): null {
  console.error(`!! ${name} does not start: ${reason.trim().split('\n').at(-1)}`)
  if (folder) rmSync(folder, { recursive: true, force: true })
  return null
}

/** PostgreSQL refuses to run as root. */
function serverUser(): User | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const [, , uid, gid] = ['postgres', 'nobody'].map((name) => accounts.find(([account]) => account === name)).find(Boolean) ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
