/** PostgreSQL from Debian's package on a port of its own with temporary data, written to disk as in earnest, which may be killed and started again. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { provide, unpackedEnvironment } from '../testing/debian.ts'
import type { Certificate } from './certificates.ts'
import { freePort, type ServerProgram, serverProgram } from './program.ts'

export type TestPostgres = ServerProgram & {
  readonly url: string
  ask<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  remove(): Promise<void>
}
type Settings = Readonly<Record<string, string | number>>
type Place = { readonly program: string; readonly folder: string; readonly data: string; readonly user: Account | null }
type Account = { readonly uid: number; readonly gid: number }

const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  max_connections: 200,
  shared_buffers: '128MB',
}

/** `more`: further settings, such as those that make it fast instead of safe. `certificate`: it speaks TLS too. */
export async function startPostgres(more: Settings = {}, certificate: Certificate | null = null): Promise<TestPostgres> {
  const place = await newPlace()
  const made = await runAs(
    place,
    'initdb',
    `-D ${place.data} -U teahouse --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions`.split(' '),
  )
  if (made !== null) throw new Error(made)
  return await serve(place, certificate ? { ...more, ...speakingTls(place, certificate) } : more)
}

/** A key that others may read, or that belongs to somebody else, is refused. */
function speakingTls({ folder, user }: Place, { certificate, key }: Certificate): Settings {
  const [ssl_cert_file, ssl_key_file] = [join(folder, 'server.pem'), join(folder, 'server.key')]
  copyFileSync(certificate, ssl_cert_file)
  copyFileSync(key, ssl_key_file)
  chmodSync(ssl_key_file, 0o600)
  if (user) for (const file of [ssl_cert_file, ssl_key_file]) chownSync(file, user.uid, user.gid)
  return { ssl: 'on', ssl_cert_file, ssl_key_file }
}

/** Follows a primary, as a copy of it that answers questions and can be promoted. `through`: the port at which it hears the primary. */
export async function startStandby(primary: TestPostgres, more: Settings = {}, through: number = primary.port): Promise<TestPostgres> {
  const place = await newPlace()
  const copied = await runAs(place, 'pg_basebackup', ['-D', place.data, '-d', primary.url, '-X', 'stream', '-c', 'fast', '--no-sync'])
  if (copied !== null) throw new Error(copied)
  const signal = join(place.data, 'standby.signal')
  writeFileSync(signal, '')
  if (place.user) chownSync(signal, place.user.uid, place.user.gid)
  return await serve(place, { ...more, primary_conninfo: `host=127.0.0.1 port=${through} user=teahouse application_name=standby` })
}

async function newPlace(): Promise<Place> {
  const program = await provide('PostgreSQL', ['/usr/lib/postgresql/*/bin/postgres'], ['postgresql'])
  if (!program) throw new Error('there is no PostgreSQL')
  const [folder, user] = [mkdtempSync(join(tmpdir(), 'teahouse-postgres-')), notRoot()]
  if (user) chownSync(folder, user.uid, user.gid)
  return { program, folder, data: join(folder, 'data'), user }
}

const environment = () => ({ ...process.env, ...unpackedEnvironment(), LC_ALL: 'C' })

/** null when it went well, else what it complained of. */
async function runAs({ program, folder, user }: Place, tool: string, parameters: readonly string[]): Promise<string | null> {
  const child = spawn(join(dirname(program), tool), parameters, {
    ...user,
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += String(bytes)))
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? null : `${tool} ended with ${code}: ${said}`))
  })
}

async function serve({ program, folder, data, user }: Place, more: Settings): Promise<TestPostgres> {
  const port = await freePort()
  const settings = Object.entries({ ...SETTINGS, ...more }).map(([name, value]) => `${name}=${value}`)
  const command = [program, '-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const url = `postgres://teahouse@127.0.0.1:${port}/postgres`
  const env = environment()
  const server = serverProgram({ name: 'postgres', command, folder, port, user, env, answers: () => answers(url) })
  await server.start()
  return {
    ...server,
    url,
    async ask<Row extends object>(text: string, values: unknown[] = []) {
      const client = new Client(url)
      client.on('error', () => {})
      await client.connect()
      try {
        return (await client.query<Row>(text, values)).rows
      } finally {
        await client.end()
      }
    },
    async remove() {
      await server.end('SIGINT')
      releaseMemory(data)
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Who was killed and never comes back has left a piece of shared memory behind; the seventh line of its file names it. */
function releaseMemory(data: string): void {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const id = readFileSync(file, 'utf8').split('\n')[6]?.trim().split(/ +/)[1]
  if (id) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' })
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** PostgreSQL refuses to run as root. */
function notRoot(): Account | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const [, , uid, gid] = ['postgres', 'nobody'].map((name) => accounts.find(([account]) => account === name)).find(Boolean) ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}
