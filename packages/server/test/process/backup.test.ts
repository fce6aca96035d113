/** `teahouse backup` and `restore`: whole, although the server writes meanwhile; or not there at all; and a history of its own afterwards. */
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { dataFolder, endProcesses, startProcess } from '../support/process.ts'
import { openSocket } from '../support/raw-socket.ts'
import { restClient } from '../support/rest.ts'
import { until } from '../support/until.ts'

setDefaultTimeout(240_000)
afterEach(endProcesses)

const CLI = resolve(import.meta.dir, '../../src/cli.ts')
const FREELY = { DRAIN_S: '0', LIMIT_MESSAGES_PER_SECOND: '0', LIMIT_MESSAGES_BURST: '0' }

function start(environment: Record<string, string>, ...words: string[]) {
  return Bun.spawn([process.execPath, CLI, ...words], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function teahouse(environment: Record<string, string>, ...words: string[]) {
  const child = start(environment, ...words)
  const [said, complained] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, said: said.trim(), complained: complained.trim() }
}

/** Comes back with what a client of before knew. */
async function comeBack(url: string, token: string, resume?: object) {
  const socket = openSocket(url)
  await socket.frame('hello')
  socket.send('authenticate', { token, ...(resume && { resume }) }, '1')
  const { payload: ready } = await socket.frame('ready')
  const caughtUp = resume ? (await socket.frame('caught_up')).payload : {}
  socket.close()
  return { epoch: ready['epoch'] as string, user_seq: ready['user_seq'] as number, caughtUp }
}

/** A server with a room in which somebody has something to say. */
async function talkingServer(DATA_DIR: string) {
  const server = startProcess({ DATA_DIR, ...FREELY })
  const url = await server.ready()
  const rest = restClient(url)
  const { access_token: token } = await rest.newcomer('ann')
  const room = (await rest.call('create_room', { name: 'kitchen' }, { token })).body
  const acknowledged: string[] = []
  const say = async (content: string) => {
    const { body } = await rest.call('send_message', { room_id: room.id, content, client_id: crypto.randomUUID() }, { token })
    acknowledged.push(body.id)
    return body.seq
  }
  return { server, url, token, room, acknowledged, say }
}

test('a backup of a server that writes meanwhile holds all that was acknowledged before it; restored, it is another history', async () => {
  const [DATA_DIR, place] = [dataFolder(), dataFolder()]
  const { server, url, token, room, acknowledged, say } = await talkingServer(DATA_DIR)
  for (let i = 0; i < 20; i++) await say(`before ${i}`)
  const before = [...acknowledged]
  let going = true
  const talking = (async () => {
    while (going) await say('meanwhile')
  })()
  const to = join(place, 'not/made/yet')
  const made = await teahouse({ DATA_DIR }, 'backup', '--to', to)
  going = false
  await talking
  expect(made).toMatchObject({ code: 0, complained: '' })
  expect(made.said).toMatch(/Backed up and checked: \d+ files, [\d.]+ MB, in /)
  expect(readdirSync(to).toSorted()).toEqual(['backup_manifest', 'base.tar', 'secret'])
  expect(['', ...readdirSync(to)].map((name) => statSync(join(to, name)).mode & 0o077)).toEqual([0, 0, 0, 0])
  expect(acknowledged.length).toBeGreaterThan(before.length)
  const last = await say('after it')
  const known = await comeBack(url, token)
  server.signal('SIGTERM')
  await server.exited

  const restored = join(place, 'restored')
  expect(await teahouse({ DATA_DIR: restored }, 'restore', '--from', to)).toMatchObject({ code: 0, complained: '' })
  expect(readdirSync(restored).toSorted()).toEqual(['postgres', 'secret'])
  expect(readFileSync(join(restored, 'secret'), 'utf8')).toBe(readFileSync(join(DATA_DIR, 'secret'), 'utf8'))
  expect(statSync(join(restored, 'secret')).mode & 0o077).toBe(0)
  const again = startProcess({ DATA_DIR: restored, ...FREELY })
  const rest = restClient(await again.ready())
  const messages: string[] = []
  for (let before_seq: number | undefined, more = true; more;) {
    const page = (await rest.call('list_messages', { room_id: room.id, limit: 100, ...(before_seq && { before_seq }) }, { token })).body
    messages.push(...page.items.map(({ id }) => id))
    before_seq = page.items[0]?.seq
    more = page.has_more_before
  }
  expect(before.filter((id) => !messages.includes(id))).toEqual([])

  // Grown to where the client was, with other messages: only the epoch can tell.
  for (let seq = 0; seq < last;)
    seq = (await rest.call('send_message', { room_id: room.id, content: 'x', client_id: crypto.randomUUID() }, { token })).body.seq
  const place_ = { rooms: { [room.id]: last }, user_seq: known.user_seq }
  const told = await comeBack(await again.ready(), token, { ...place_, epoch: known.epoch })
  expect(told.epoch).not.toBe(known.epoch)
  expect(told.caughtUp).toEqual({ rooms: { [room.id]: last }, reset: [room.id], user_reset: true })
  expect((await comeBack(await again.ready(), token, { ...place_, epoch: told.epoch })).caughtUp).toEqual({
    rooms: { [room.id]: last },
    reset: [],
  })
  expect((await teahouse({ DATA_DIR: restored }, 'check')).said.split('\n').at(-1)).toMatch(/^All \d+ promises hold\.$/)
})

test('what is there already is left alone, and the reason is said', async () => {
  const [DATA_DIR, place] = [dataFolder(), dataFolder()]
  const server = startProcess({ DATA_DIR, ...FREELY })
  await server.ready()
  writeFileSync(join(place, 'precious'), '')
  const to = join(place, 'backup')
  const ends = async (environment: Record<string, string>, ...words: string[]) => {
    const { code, said, complained } = await teahouse(environment, ...words)
    return { code, said: said + complained }
  }
  expect(await ends({ DATA_DIR }, 'backup', '--to', place)).toEqual({
    code: 1,
    said: `${place} is not empty. Name a folder that does not exist yet, or an empty one.`,
  })
  expect(await ends({ DATA_DIR }, 'backup', '--to', join(DATA_DIR, 'backup'))).toEqual({
    code: 1,
    said: expect.stringContaining('lies in DATA_DIR'),
  })
  const elsewhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', SECRET: 'x'.repeat(32) }
  for (const words of [
    ['backup', '--to', to],
    ['restore', '--from', to],
  ])
    expect(await ends(elsewhere, ...words)).toEqual({ code: 1, said: expect.stringContaining('pg_dump or pg_basebackup') })
  expect(await ends({ DATA_DIR: place }, 'restore', '--from', place)).toEqual({
    code: 1,
    said: expect.stringContaining('is no backup made by Teahouse'),
  })
  mkdirSync(to)
  expect((await ends({ DATA_DIR }, 'backup', '--to', to)).code).toBe(0)
  expect(await ends({ DATA_DIR }, 'restore', '--from', to)).toEqual({
    code: 1,
    said: expect.stringContaining('holds data already (postgres)'),
  })
  expect(readdirSync(place).toSorted()).toEqual(['backup', 'precious'])
})

test('a backup that was interrupted is not there, and the next one clears up after it', async () => {
  const [DATA_DIR, place] = [dataFolder(), dataFolder()]
  await startProcess({ DATA_DIR, ...FREELY }).ready()
  const to = join(place, 'backup')
  mkdirSync(join(place, 'backup.new-2')) // somebody's own, by whatever name
  const draft = () => readdirSync(place).find((name) => name.startsWith('backup.unfinished-'))
  /** Whether it came in time: so small a backup is made in a moment. */
  const interrupted = async () => {
    rmSync(to, { recursive: true, force: true })
    const child = start({ DATA_DIR }, 'backup', '--to', to)
    await until(() => existsSync(to) || existsSync(join(place, draft() ?? 'none yet', 'base.tar')), { everyMs: 1 })
    child.kill('SIGKILL')
    await child.exited
    return !existsSync(to)
  }
  await until(interrupted, { withinMs: 60_000, what: 'a backup to be interrupted' })
  expect(draft()).toBeDefined()
  expect((await teahouse({ DATA_DIR }, 'backup', '--to', to)).code).toBe(0)
  expect(readdirSync(place).toSorted()).toEqual(['backup', 'backup.new-2'])
})

test('a backup that was damaged is not restored, and nothing is left of the attempt', async () => {
  const [DATA_DIR, place] = [dataFolder(), dataFolder()]
  await startProcess({ DATA_DIR, ...FREELY }).ready()
  const [whole, target] = [join(place, 'whole'), join(place, 'target')]
  expect((await teahouse({ DATA_DIR }, 'backup', '--to', whole)).code).toBe(0)
  const ways: [string, (backup: string) => void][] = [
    ['is damaged', (backup) => damage(join(backup, 'base.tar'), contentOf('global/pg_control', join(backup, 'base.tar')))],
    ['ends too early', (backup) => truncateSync(join(backup, 'base.tar'), 30_000_000)],
    ['its manifest is damaged', (backup) => damage(join(backup, 'backup_manifest'), 3_000)],
  ]
  for (const [i, [sentence, spoil]] of ways.entries()) {
    const backup = join(place, `spoilt-${i}`)
    cpSync(whole, backup, { recursive: true })
    spoil(backup)
    const { code, complained } = await teahouse({ DATA_DIR: target }, 'restore', '--from', backup)
    expect({ code, complained, left: readdirSync(target) }).toEqual({ code: 1, complained: expect.stringContaining(sentence), left: [] })
  }
})

/** Where the content of a file begins in an archive; its head stands in the block before. */
const contentOf = (name: string, archive: string) => (Math.floor(readFileSync(archive).indexOf(`${name}\0`) / 512) + 1) * 512

/** Turns over one bit, whatever stands there. */
function damage(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at)
  closeSync(file)
}
