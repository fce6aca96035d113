/** Where a run takes place: cores, a temporary folder, logs, and one PostgreSQL that gives each server under test a fresh database. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { type Child, startChild } from './child.ts'
import { chooseCores, type Cores, pinGenerator } from './cores.ts'

export const ROOT = dirname(dirname(import.meta.dir))
export const ARTIFACTS = join(ROOT, 'artifacts/bench')

type Address = { host: string; port: number; user: string; database: string }

export type Stage = {
  readonly cores: Cores
  readonly folder: string
  readonly log: (name: string) => string
  /** Where Teahouse leaves its CPU profiles; null when none are wanted. */
  readonly profiles: string | null
  /** The process under which all of the database's processes are. */
  readonly databasePid: number
  /** A new, empty database; answers its address. */
  createDatabase(): Promise<Database>
  close(): Promise<void>
}

export type Database = { readonly url: string; drop(): Promise<void> }

export async function openStage(profile = false): Promise<Stage> {
  const cores = chooseCores()
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-bench-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(ARTIFACTS, 'logs'), { recursive: true })
  const log = (name: string) => join(ARTIFACTS, 'logs', `${name}.log`)
  const host = await startDatabaseHost(cores, folder, log('database'))
  pinGenerator(cores)
  const address = JSON.parse(host.ready[1] ?? '') as Address
  const admin = new pg.Client(address)
  await admin.connect()
  let count = 0
  return {
    cores,
    folder,
    log,
    profiles: profile ? join(ARTIFACTS, 'profiles', new Date().toISOString().slice(0, 19).replaceAll(':', '-')) : null,
    databasePid: host.pid,
    async createDatabase() {
      const name = `bench_${++count}`
      await admin.query(`create database ${name}`)
      return {
        url: `postgres://${address.user}@localhost/${name}?host=${encodeURIComponent(address.host)}`,
        drop: async () => void (await admin.query(`drop database ${name} with (force)`)),
      }
    },
    async close() {
      await admin.end()
      await host.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const startDatabaseHost = (cores: Cores, folder: string, log: string): Promise<Child> =>
  startChild({
    cores,
    command: [process.execPath, join(import.meta.dir, 'database-host.ts'), join(folder, 'database')],
    cwd: ROOT,
    environment: {},
    readyLine: /^database (\{.*\})$/,
    log,
  })

/** A port on loopback that is free now. */
export function freePort(): number {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  const { port } = probe
  probe.stop(true)
  return port
}
