/** PostgreSQL from Debian's package on a port of its own with temporary data, written to disk as in earnest, which may be killed and started again. */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { provide, unpackedEnvironment } from '../testing/debian.ts'
import { freePort, type ServerProgram, serverProgram } from './program.ts'

export type TestPostgres = ServerProgram & {
  readonly url: string
  ask<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  remove(): Promise<void>
}

/** `more`: further settings, such as those that make it fast instead of safe. */
export async function startPostgres(more: Readonly<Record<string, string | number>> = {}): Promise<TestPostgres> {
  const program = await provide('PostgreSQL', ['/usr/lib/postgresql/*/bin/postgres'], ['postgresql'])
  if (!program) throw new Error('there is no PostgreSQL')
  const [folder, user, port] = [mkdtempSync(join(tmpdir(), 'teahouse-postgres-')), notRoot(), await freePort()]
  if (user) chownSync(folder, user.uid, user.gid)
  const env = { ...process.env, ...unpackedEnvironment(), LC_ALL: 'C' }
  const data = join(folder, 'data')
  const made = spawnSync(
    join(dirname(program), 'initdb'),
    ['-D', data, '-U', 'teahouse', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
    { ...user, cwd: folder, env, encoding: 'utf8', timeout: 60_000 },
  )
  if (made.status !== 0) throw new Error(made.error?.message ?? made.stderr)
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'max_connections=200', 'shared_buffers=128MB']
  settings.push(...Object.entries(more).map(([name, value]) => `${name}=${value}`))
  const command = [program, '-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const url = `postgres://teahouse@127.0.0.1:${port}/postgres`
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
      rmSync(folder, { recursive: true, force: true })
    },
  }
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
function notRoot(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const [, , uid, gid] = ['postgres', 'nobody'].map((name) => accounts.find(([account]) => account === name)).find(Boolean) ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}
