/** The process as an operator meets it: ready line, exit codes, signals, and starts that fail with a sentence. */
import { afterEach, describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { dataFolder, endProcesses, startProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const LONG = 180_000
const FAST = { DRAIN_S: '0' }
const KEY = { SECRET: 'x'.repeat(32) }

afterEach(endProcesses, LONG)

const status = async (url: string) => (await fetch(url)).status
const isGone = (pid: number) => {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}
const post = async (url: string, body: object) => {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const ANN = { username: 'ann', email: 'ann@example.org', password: 'a long enough secret' }

/** As the database itself keeps it; while it runs, and after a crash, it is another. */
const stateOfDatabase = (dataDir: string) => readFileSync(join(dataDir, 'postgres/global/pg_control')).readUInt32LE(16)
const SHUT_DOWN = 1

/** A socket that has not said who it is keeps the drain window open. */
async function idleSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return socket
}

describe('a start', () => {
  test(
    'prints one line on stdout once it serves, and logs JSON lines on stderr',
    async () => {
      const server = startProcess({ DATA_DIR: dataFolder(), ...FAST })
      const url = await server.ready()
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      expect(await status(`${url}/health/live`)).toBe(200)
      expect(await status(`${url}/health/ready`)).toBe(200)
      server.signal('SIGTERM')
      expect(await server.exited).toBe(0)
      expect(server.stdout).toEqual([`Teahouse is ready at ${url}`])
      for (const line of server.stderr) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String) })
    },
    LONG,
  )
  test(
    'beside data that exists keeps them: accounts, sessions and the secret that signed them',
    async () => {
      const dataDir = dataFolder()
      const first = startProcess({ DATA_DIR: dataDir, ...FAST })
      const session = await post(`${await first.ready()}/api/v1/auth/register`, ANN)
      expect(session.status).toBe(201)
      first.signal('SIGKILL')
      await first.exited
      const second = startProcess({ DATA_DIR: dataDir, ...FAST })
      const me = await fetch(`${await second.ready()}/api/v1/users/me`, {
        headers: { authorization: `Bearer ${String(session.body['access_token'])}` },
      })
      expect(me.status).toBe(200)
      expect(await me.json()).toMatchObject({ username: 'ann' })
      expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600)
      const secret = readFileSync(join(dataDir, 'secret'), 'utf8').trim()
      expect([...first.stderr, ...second.stderr].join('\n')).not.toContain(secret)
    },
    LONG,
  )
  test(
    'ends with whoever started it: npm, or the script that npm runs, however that ends',
    async () => {
      for (const [by, signal] of [
        ['npm', 'SIGTERM'],
        ['npm', 'SIGINT'],
        ['script', 'SIGTERM'],
        ['script', 'SIGKILL'],
      ] as const) {
        const dataDir = dataFolder()
        const server = startProcess({ DATA_DIR: dataDir, ...FAST }, { by })
        const url = await server.ready()
        const postgres = Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
        server.signal(signal)
        if (signal !== 'SIGKILL') expect(await server.exited).toBe(0)
        await until(
          () =>
            status(url).then(
              () => false,
              () => true,
            ),
          { what: `the server to end after ${signal}` },
        )
        await until(() => isGone(postgres), { what: `the database to end after ${signal}` })
      }
    },
    LONG,
  )
})

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends with code 0, and the database in order',
    async (signal) => {
      const dataDir = dataFolder()
      const server = startProcess({ DATA_DIR: dataDir, ...FAST, LOG_LEVEL: 'trace' })
      await server.ready()
      server.signal(signal)
      expect(await server.exited).toBe(0)
      expect(server.sentences()).toContain(`${signal}: stopping`)
      expect(stateOfDatabase(dataDir)).toBe(SHUT_DOWN) // the last words, its and ours, are waited for a second only
    },
    LONG,
  )
  test(
    'by a second SIGINT is at once',
    async () => {
      const server = startProcess({ DATA_DIR: dataFolder(), DRAIN_S: '600', AUTHENTICATE_WITHIN_S: '600', IDLE_TIMEOUT_S: '3600' })
      const socket = await idleSocket(await server.ready())
      server.signal('SIGINT')
      await until(() => server.sentences().includes('SIGINT: stopping'))
      server.signal('SIGINT')
      expect(await server.exited).toBe(1)
      socket.close()
    },
    LONG,
  )
  test(
    'while it still starts ends with code 0',
    async () => {
      const server = startProcess({ DATA_DIR: dataFolder(), LOG_LEVEL: 'debug' })
      await until(() => server.stderr.length > 0, { everyMs: 1 }) // the database is being started
      server.signal('SIGTERM')
      expect(await server.exited).toBe(0)
    },
    LONG,
  )
})

describe('it ends with code 78', () => {
  test('for a wrong configuration, with every problem on a line of its own', async () => {
    const server = startProcess({ PORT: 'tea', LOG_LEVEL: 'loud', DATABASE_URL: 'postgres://127.0.0.1/tea', LIMIT_CONECTIONS: '1' })
    expect(await server.exited).toBe(78)
    expect(server.stdout).toEqual([])
    expect(server.stderr.map((line) => line.split(/[= ]/)[0])).toEqual(['PORT', 'LOG_LEVEL', 'SECRET', 'LIMIT_CONECTIONS'])
  })
})

describe('it ends with code 0', () => {
  test('after --version and --help, without starting', async () => {
    const version = startProcess({}, { flags: ['--version'] })
    const help = startProcess({}, { flags: ['--help'] })
    expect([await version.exited, await help.exited]).toEqual([0, 0])
    expect(version.stdout).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/)])
    expect(help.stdout.join('\n')).toContain('DATABASE_URL')
    expect([...version.stderr, ...help.stderr]).toEqual([])
  })
})

describe('it ends with code 1 and one clear sentence', () => {
  async function sentenceOf(server: ReturnType<typeof startProcess>): Promise<string> {
    expect(await server.exited).toBe(1)
    expect(server.stdout).toEqual([])
    const fatal = server.stderr.map((line) => JSON.parse(line) as { level: string; msg: string }).filter(({ level }) => level === 'fatal')
    expect(fatal).toHaveLength(1)
    expect(server.stderr.join('\n')).not.toContain('"stack"')
    return fatal[0]?.msg ?? ''
  }
  test(
    'when its data folder is in use',
    async () => {
      const dataDir = dataFolder()
      const first = startProcess({ DATA_DIR: dataDir, ...FAST })
      const url = await first.ready()
      expect(await sentenceOf(startProcess({ DATA_DIR: dataDir }))).toMatch(
        /is in use by another Teahouse \(database server \d+\)\. Stop that one, or set DATA_DIR to another folder\.$/,
      )
      expect(await status(`${url}/health/ready`)).toBe(200)
    },
    LONG,
  )
  test(
    'when its port is in use',
    async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const address = other.address()
      const port = typeof address === 'object' ? address?.port : 0
      const said = await sentenceOf(startProcess({ DATA_DIR: dataFolder(), PORT: String(port) }))
      other.close()
      expect(said).toBe(
        `Port ${port} of 127.0.0.1 is in use by another program. Stop that one, or set PORT to another number; 0 takes a free one.`,
      )
    },
    LONG,
  )
  test(
    'when another Teahouse has its port',
    async () => {
      const first = startProcess({ DATA_DIR: dataFolder() })
      const { port } = new URL(await first.ready())
      const said = await sentenceOf(startProcess({ DATA_DIR: dataFolder(), PORT: port }))
      expect(said).toContain(`Port ${port} of 127.0.0.1 is in use by another program.`)
      first.signal('SIGTERM')
      expect(await first.exited).toBe(0)
    },
    LONG,
  )
  test(
    'when no database answers',
    async () => {
      const server = startProcess({ DATABASE_URL: 'postgres://tea:leaf-in-the-cup@127.0.0.1:1/tea', ...KEY, DATA_DIR: dataFolder() })
      expect(await sentenceOf(server)).toBe('No database answers at 127.0.0.1:1/tea. Start it, or say in DATABASE_URL where it is.')
      expect(server.stderr.join('\n')).not.toContain('leaf-in-the-cup')
    },
    LONG,
  )
  test.each(['nosuchhost.invalid', '300.1.1.1'])(
    'when %s is where it is to listen',
    async (host) => {
      expect(await sentenceOf(startProcess({ HOST: host, DATA_DIR: dataFolder() }))).toBe(
        `${host} is neither an address of this machine nor a name that it knows. Set HOST to one that it has, for example 127.0.0.1, or 0.0.0.0 for all.`,
      )
    },
    LONG,
  )
  test('when it is told something that it does not know', async () => {
    const server = startProcess({}, { flags: ['--colour'] })
    expect(await server.exited).toBe(1)
    expect(server.stderr.join('\n')).toContain('does not know "--colour"')
  })
})
