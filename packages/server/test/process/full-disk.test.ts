/** A disk that fills up under the embedded database: nothing acknowledged is lost, and room made is room used. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type Pool } from 'pg'
import pg from 'pg'
import { type Embedded, startEmbedded } from '../../src/infrastructure/postgres/embedded.ts'
import { endProcesses, startProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const LONG = 180_000
const folder = mkdtempSync(join(tmpdir(), 'teahouse-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=240m,mode=755', 'tmpfs', folder]).status === 0
if (!mounted) console.error('!! The tests of a full disk are skipped: only root can make a small disk (mount -t tmpfs).')
afterAll(() => {
  if (mounted) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
})

const filler = join(folder, 'filler')
function fillUp(): void {
  const file = openSync(filler, 'a')
  try {
    for (let bytes = 1_048_576; bytes >= 1; bytes = bytes > 1 ? bytes >> 1 : 0) for (let room = true; room;) room = write(file, bytes)
  } finally {
    closeSync(file)
  }
}
function write(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) === bytes
  } catch {
    return false
  }
}

describe.if(mounted)('a full disk', () => {
  const lines: string[] = []
  let embedded: Embedded
  let pool: Pool
  beforeAll(async () => {
    embedded = await startEmbedded(folder, (line) => lines.push(line), { max_wal_size: '32MB', min_wal_size: '32MB' })
    pool = new pg.Pool({ ...embedded.connection, max: 2, connectionTimeoutMillis: 1_000 })
    pool.on('error', () => {})
    await pool.query('create table rows (n int primary key, t text)')
  }, LONG)
  afterAll(async () => {
    await endProcesses()
    await pool?.end()
    await embedded?.stop()
  }, LONG)

  test(
    'refuses writes, brings nothing down for good, and loses nothing that was acknowledged',
    async () => {
      fillUp()
      const acknowledged: number[] = []
      let refusals = 0
      for (let n = 1; n < 5_000 && refusals < 3; n++) {
        const text = randomBytes(20_000).toString('base64')
        await pool.query('insert into rows values ($1, $2)', [n, text]).then(
          () => acknowledged.push(n),
          () => refusals++,
        )
      }
      expect(refusals).toBe(3)
      await until(() => lines.join('\n').includes('No space left on device'))
      rmSync(filler)
      await until(() =>
        pool.query("insert into rows values (-1, '')").then(
          () => true,
          () => false,
        ),
      )
      const { rows } = await pool.query<{ n: number }>('select n from rows where n > 0 order by n')
      const found = new Set(rows.map(({ n }) => n))
      expect(acknowledged.filter((n) => !found.has(n))).toEqual([])
    },
    LONG,
  )
  test(
    'that stops the server itself is outlived: it comes back when there is room',
    async () => {
      fillUp()
      const told = () => lines.some((line) => line.includes('Make room on the disk') && line.includes('again and again'))
      const writeAhead = () => pool.query("select pg_logical_emit_message(true, '', repeat('x', 4000000))").catch(() => {})
      await until(async () => (fillUp(), await writeAhead(), told())) // it stops when its own log has no room, and can not even note its number
      rmSync(filler)
      const answers = async () => {
        const client = new Client(embedded.connection)
        client.on('error', () => {})
        return await client.connect().then(
          async () => (await client.end(), true),
          () => false,
        )
      }
      await until(answers)
    },
    LONG,
  )
  test(
    'at the start is told with what to do',
    async () => {
      const other = join(folder, 'other')
      fillUp()
      const refused = await startEmbedded(other, () => {}).catch((error: Error) => error.message)
      rmSync(filler)
      expect(refused).toMatch(/No space left on device|ENOSPC/)
    },
    LONG,
  )
  test(
    'makes a Teahouse not ready and refuse writes; with room made, all is well again without a restart',
    async () => {
      await embedded.stop()
      const server = startProcess({
        DATA_DIR: join(folder, 'teahouse'),
        DRAIN_S: '0',
        LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
        LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
      })
      const url = await server.ready()
      const register = async (username: string) => {
        const body = JSON.stringify({ username, email: `${username}@example.org`, password: 'a long enough secret' })
        const answer = await fetch(`${url}/api/v1/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        return { status: answer.status, error: ((await answer.json()) as { error?: { code: string } }).error?.code }
      }
      const readiness = async () => (await fetch(`${url}/health/ready`)).status
      const existing = { host: join(folder, 'teahouse/postgres'), user: 'teahouse', database: 'postgres' }
      expect(await register('ann')).toMatchObject({ status: 201 })
      fillUp()
      const log = new pg.Pool({ ...existing, max: 1 })
      log.on('error', () => {})
      const writeAhead = () => log.query("select pg_logical_emit_message(true, '', repeat('x', 4000000))").catch(() => {})
      await until(async () => (await writeAhead(), (await readiness()) === 503)) // the database stops, and stops again when it was started
      await until(async () => (await writeAhead(), (await register('bob')).error === 'unavailable'))
      await log.end()
      rmSync(filler)
      await until(async () => (await readiness()) === 200)
      await until(async () => [201, 409].includes((await register('bob')).status)) // 409: it was let in between two stops
      expect(await register('ann')).toMatchObject({ status: 409 })
      server.signal('SIGTERM')
      expect(await server.exited).toBe(0)
    },
    LONG,
  )
})
