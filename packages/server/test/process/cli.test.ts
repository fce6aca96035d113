/** The operator's command line: what it says, what it changes, and that a running server feels it at once. */
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import manifest from '../../package.json' with { type: 'json' }
import { freshDatabase } from '../support/database.ts'
import { dataFolder, endProcesses, startProcess } from '../support/process.ts'
import { openSocket } from '../support/raw-socket.ts'
import { openHouse, PASSWORD, restClient } from '../support/rest.ts'

setDefaultTimeout(180_000)
afterEach(endProcesses)

const ROOT = resolve(import.meta.dir, '../../../..')
const SECRET = 'x'.repeat(32)

async function teahouse(words: string, environment: Record<string, string>): Promise<{ code: number; said: string; complained: string }> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'packages/server/src/cli.ts'), ...words.split(' ').filter(Boolean)], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [said, complained, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited])
  return { code, said: said.trim(), complained: complained.trim() }
}

describe('the command line', () => {
  test.each([
    ['', 0, 'Usage: npm run teahouse -- <command>'],
    ['--help', 0, 'user suspend NAME'],
    ['version', 0, manifest.version],
    ['--version', 0, manifest.version],
  ])('%j says what it is asked', async (words, code, said) => {
    const answer = await teahouse(words, {})
    expect(answer).toMatchObject({ code, complained: '' })
    expect(answer.said).toContain(said)
  })
  test.each([
    ['brew', 'does not know the command "brew"'],
    ['user promote mei', 'does not know the command'],
    ['user suspend', 'Say whom: npm run teahouse -- user suspend NAME'],
    ['admin grant mei lei', 'Say whom'],
    ['check everything', 'does not know the command'],
    ['backup', 'Say where: npm run teahouse -- backup --to FOLDER'],
    ['restore /backups/1', 'Say where: npm run teahouse -- restore --from FOLDER'],
    ['promote --to', 'Say where: npm run teahouse -- promote --to URL'],
    ['promote --to nonsense', '--to is not a URL such as postgres://user:password@host:5432/name'],
  ])('%j is refused, with what to do', async (words, complained) => {
    const answer = await teahouse(words, {})
    expect(answer).toMatchObject({ code: 1, said: '' })
    expect(answer.complained).toContain(complained)
  })
  test('with a wrong configuration it names every problem and exits with 78', async () => {
    const answer = await teahouse('check', { PORT: 'x', LOG_LEVEL: 'loud' })
    expect(answer.code).toBe(78)
    expect(answer.complained.split('\n')).toHaveLength(2)
  })
  test('where no database is it makes none', async () => {
    const empty = await teahouse('check', { DATA_DIR: join(dataFolder(), 'nothing') })
    expect(empty).toMatchObject({ code: 1, complained: expect.stringContaining('There is no database in') })
    const silent = await teahouse('check', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', SECRET })
    expect(silent).toMatchObject({ code: 1, complained: expect.stringContaining('No database answers') })
  })
  test.each([
    ['backup --to /nowhere', 'The database is a server of its own'],
    ['restore --from /nowhere', 'The database is a server of its own'],
    ['admin grant mei', 'No database answers at 127.0.0.1:1/none'],
    ['new-epoch', 'No database answers at 127.0.0.1:1/none'],
  ])('%j with a database that is not there says one sentence', async (words, sentence) => {
    const { code, said, complained } = await teahouse(words, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', SECRET })
    const lines = [said, complained].join('').split('\n')
    expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringContaining(sentence)] })
  })
  test('a database that hangs up gets one sentence too', async () => {
    const rude = createServer((socket) => socket.on('error', () => {}).end())
    await new Promise<void>((done) => rude.listen(0, '127.0.0.1', done))
    const { port } = rude.address() as { port: number }
    const answer = await teahouse('check', { DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none`, SECRET })
    rude.close()
    expect(answer).toEqual({
      code: 1,
      said: '',
      complained: `The database at 127.0.0.1:${port}/none can not be reached. Mend the network between, or say in DATABASE_URL where it is.`,
    })
  })
  test('promoting looks for the target before it looks at the database', async () => {
    const DATA_DIR = join(dataFolder(), 'nothing')
    expect(await teahouse('promote --to postgres://tea:leaf@127.0.0.1:1/none', { DATA_DIR })).toEqual({
      code: 1,
      said: '',
      complained: 'No database answers at 127.0.0.1:1/none. Start it, or say in --to where it is.',
    })
  })
})

describe('on a server that runs', () => {
  test('suspending closes sockets and sessions at once, until the account is activated', async () => {
    const house = await openHouse()
    const run = (words: string) => teahouse(words, { DATABASE_URL: house.databaseUrl, SECRET })
    const mei = await house.newcomer('Mei')
    const sockets = [openSocket(house.url, { token: mei.access_token }), openSocket(house.url, { token: mei.access_token })]
    await Promise.all(sockets.map((socket) => socket.frame('ready')))
    expect(await run('user suspend mei')).toEqual({ code: 0, said: 'Mei is suspended.', complained: '' })
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4504, 4504])
    const codes = async () => [
      (await house.call('get_me', {}, { token: mei.access_token })).code,
      (await house.call('refresh', { refresh_token: mei.refresh_token })).code,
      (await house.call('login', { login: 'mei', password: PASSWORD })).code,
      (await house.call('login', { login: 'mei', password: 'a wrong guess' })).code,
    ]
    expect(await codes()).toEqual(['account_suspended', 'account_suspended', 'account_suspended', 'invalid_credentials'])
    const late = openSocket(house.url, { token: mei.access_token })
    expect((await late.frame('error')).payload).toMatchObject({ code: 'account_suspended' })
    expect(await late.closed).toBe(4504)
    expect(await run('user activate mei@example.org')).toMatchObject({ code: 0, said: 'Mei may sign in again.' })
    expect(await codes()).toEqual(['unauthorized', 'unauthorized', null, 'invalid_credentials'])
    await house.close()
  })

  test('a new password ends all sessions and is the only one that works', async () => {
    const house = await openHouse()
    const mei = await house.newcomer('mei')
    const socket = openSocket(house.url, { token: mei.access_token })
    await socket.frame('ready')
    const { said } = await teahouse('user reset-password mei', { DATABASE_URL: house.databaseUrl, SECRET })
    const [, password = ''] = /^The new password of mei is (\S{16})$/.exec(said) ?? []
    expect(await socket.closed).toBe(4501)
    expect((await house.call('login', { login: 'mei', password: PASSWORD })).code).toBe('invalid_credentials')
    expect((await house.call('login', { login: 'mei', password })).status).toBe(200)
    expect(house.logged.join('')).not.toContain(password)
    await house.close()
  })

  test('administrators are made and unmade, and their devices hear of it', async () => {
    const house = await openHouse()
    const run = (words: string) => teahouse(words, { DATABASE_URL: house.databaseUrl, SECRET })
    const mei = await house.newcomer('mei')
    const device = openSocket(house.url, { token: mei.access_token })
    await device.frame('ready')
    const isAdmin = async () => (await house.call('get_me', {}, { token: mei.access_token })).body.is_admin
    expect(await isAdmin()).toBeFalse()
    expect(await run('admin grant mei')).toMatchObject({ code: 0, said: 'mei is an administrator.' })
    expect(await isAdmin()).toBeTrue()
    expect((await device.frame('user_updated')).payload).toMatchObject({ user: { is_admin: true } })
    expect(await run('admin revoke mei')).toMatchObject({ code: 0, said: 'mei is no administrator any more.' })
    expect(await isAdmin()).toBeFalse()
    expect(await run('admin grant nobody')).toEqual({ code: 1, said: '', complained: 'There is no such user.' })
    device.close()
    await house.close()
  })

  test('a new epoch is told to whoever comes in from then on', async () => {
    const house = await openHouse()
    const mei = await house.newcomer('mei')
    const epoch = async () => {
      const socket = openSocket(house.url, { token: mei.access_token })
      const { payload } = await socket.frame('ready')
      socket.close()
      return payload['epoch']
    }
    const before = await epoch()
    const { code, said } = await teahouse('new-epoch', { DATABASE_URL: house.databaseUrl, SECRET })
    const now = await epoch()
    expect(now).not.toBe(before)
    expect({ code, said: said.split('\n')[0] }).toEqual({ code: 0, said: `The epoch was ${String(before)} and is ${String(now)}.` })
    await house.close()
  })

  test('the check proves the promises meanwhile', async () => {
    const house = await openHouse()
    await house.newcomer()
    const { code, said } = await teahouse('check', { DATABASE_URL: house.databaseUrl, SECRET })
    expect(said.split('\n').at(-1)).toMatch(/^All \d+ promises hold\.$/)
    expect(code).toBe(0)
    await house.close()
  })
})

test('the check exits with 1 where a promise is broken', async () => {
  const database = await freshDatabase()
  const client = new Client(database.url)
  await client.connect()
  await client.query('insert into streams (id) values (gen_random_uuid())')
  await client.end()
  const { code, said } = await teahouse('check', { DATABASE_URL: database.url, SECRET })
  expect(said).toContain('1 BROKEN')
  expect(said.split('\n').at(-1)).toMatch(/^1 of \d+ promises are broken\.$/)
  expect(code).toBe(1)
  await database.drop()
})

describe('with the embedded database', () => {
  test.each([['a short path'], ['a path too long for a socket']])(
    'it works beside a running server and without one, at %s',
    async (length) => {
      const dataDir = join(dataFolder(), length === 'a short path' ? '' : 'x'.repeat(120))
      mkdirSync(dataDir, { recursive: true })
      const environment = { DATA_DIR: dataDir, DRAIN_S: '0' }
      const server = startProcess(environment)
      const url = await server.ready()
      const mei = await restClient(url).newcomer('mei')
      const socket = openSocket(url, { token: mei.access_token })
      await socket.frame('ready')
      expect(await teahouse('user suspend mei', environment)).toMatchObject({ code: 0, complained: '' })
      expect(await socket.closed).toBe(4504)
      server.signal('SIGTERM')
      expect(await server.exited).toBe(0)

      expect(await teahouse('user activate mei', environment)).toEqual({ code: 0, said: 'mei may sign in again.', complained: '' })
      const checked = await teahouse('check', environment)
      expect(checked.said.split('\n').at(-1)).toMatch(/^All \d+ promises hold\.$/)
      const again = startProcess(environment)
      expect((await restClient(await again.ready()).call('login', { login: 'mei', password: PASSWORD })).status).toBe(200)
    },
  )
})
