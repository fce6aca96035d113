/** The embedded database under kills, rivals and odd folders. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { type Embedded, startEmbedded } from '../../src/infrastructure/postgres/embedded.ts'
import { until } from '../support/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'teahouse-embedded-'))
const dataDir = join(folder, 'data')
const files = join(dataDir, 'postgres')
const started: Embedded[] = []
const lines: string[] = []

const start = async (where = dataDir) => {
  const embedded = await startEmbedded(where, (line) => lines.push(line))
  started.push(embedded)
  return embedded
}
const serverPid = () => Number(readFileSync(join(files, 'postmaster.pid'), 'utf8').split('\n')[0])
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
async function ask<Row extends object>({ connection }: Embedded, sql: string): Promise<Row[]> {
  const client = new Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
const answers = async (embedded: Embedded) => await ask(embedded, 'select 1').then(Boolean, () => false)

beforeAll(async () => {
  await (await start()).stop()
}, 60_000)
afterEach(async () => {
  for (const embedded of started.splice(0)) await embedded.stop()
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Another process on the same folder, as far as its first line. */
async function rival() {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'embedded-program.ts'), dataDir], { stdout: 'pipe' })
  const said: string[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of child.stdout) {
      const parts = (rest + new TextDecoder().decode(chunk)).split('\n')
      rest = parts.pop() ?? ''
      said.push(...parts)
    }
  })()
  await until(() => said.length > 0)
  return { child, said, reading }
}

describe('one folder, one process', () => {
  test('a second process is refused with a clear sentence', async () => {
    await start()
    const { child, said } = await rival()
    expect(await child.exited).toBe(3)
    expect(said[0]).toMatch(
      new RegExp(
        `^failed: ${dataDir} is in use by another Teahouse \\(database server \\d+\\)\\. Stop that one, or set DATA_DIR to another folder\\.$`,
      ),
    )
  })
  test('also after a worker of the server was killed, which ends every session', async () => {
    const embedded = await start()
    const holder = () => ask<{ pid: number }>(embedded, "select pid from pg_locks where locktype = 'advisory' and granted").catch(() => [])
    const [first] = await holder()
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await until(async () => (await holder()).some(({ pid }) => pid !== first?.pid))
    const { child, said } = await rival()
    expect(await child.exited).toBe(3)
    expect(said[0]).toContain('is in use by another Teahouse')
  })
})

describe('killed with SIGKILL', () => {
  test('we: the server ends, the next start works, and nothing acknowledged is lost', async () => {
    const { child, said, reading } = await rival()
    await until(() => said.length > 50)
    const server = serverPid()
    child.kill('SIGKILL')
    await until(() => !isAlive(server))
    await reading
    const embedded = await start()
    const [row] = await ask<{ count: string }>(embedded, 'select count(*) from rows')
    expect(Number(row?.count)).toBeGreaterThanOrEqual(said.length - 1)
  }, 120_000)
  test('the server: it comes back by itself', async () => {
    const embedded = await start()
    const before = serverPid()
    process.kill(before, 'SIGKILL')
    await until(() => answers(embedded))
    expect(serverPid()).not.toBe(before)
    expect(lines).toContain('the database server stopped unexpectedly; starting it again')
  }, 120_000)
})

describe('a start', () => {
  test('stops in order and leaves nothing running', async () => {
    const embedded = await start()
    const pid = serverPid()
    lines.length = 0
    await embedded.stop()
    expect(await embedded.ended).toBeUndefined()
    expect(isAlive(pid)).toBe(false)
    await until(() => lines.includes('LOG:  database system is shut down'))
  })
  test('is not fooled by the files of a server that is gone, whose number now belongs to a stranger', async () => {
    for (const file of ['postmaster.pid', '.s.PGSQL.5432.lock']) {
      writeFileSync(join(files, file), `${process.pid}\n/x\n1790000000\n5432\n.\n\n  123456  1\nready\n`, { mode: 0o600 })
    }
    expect(await answers(await start())).toBe(true)
  })
  test('refuses files of another major version and touches nothing', async () => {
    const file = join(files, 'PG_VERSION')
    const right = readFileSync(file, 'utf8')
    writeFileSync(file, '17\n')
    const refused = await start().catch((error: Error) => error.message)
    writeFileSync(file, right)
    expect(refused).toMatch(/was written by PostgreSQL 17, but this Teahouse brings 18\..* set DATABASE_URL to a PostgreSQL 17 server/)
    expect(await answers(await start())).toBe(true)
  })
  test('refuses a folder of other files', async () => {
    mkdirSync(join(folder, 'other/postgres'), { recursive: true })
    writeFileSync(join(folder, 'other/postgres/letter.txt'), 'dear')
    const refused = await start(join(folder, 'other')).catch((error: Error) => error.message)
    expect(refused).toMatch(/holds files, but no database\. Move them away, or set DATA_DIR/)
  })
  test('removes what an interrupted first start left half-made', async () => {
    const left = join(dataDir, 'postgres.new-4194305-abcdef') // no such process: the number is beyond the largest
    mkdirSync(left)
    await start()
    expect(existsSync(left)).toBe(false)
  })
  test('works where the path is too long for a socket', async () => {
    const embedded = await start(join(folder, 'l'.repeat(150)))
    expect(await answers(embedded)).toBe(true)
    expect(embedded.connection.host.length).toBeLessThan(100)
    await embedded.stop()
    expect(existsSync(embedded.connection.host)).toBe(false)
  }, 120_000)
})
