/** The database goes away while the server runs, and comes back: refused meanwhile, nothing acknowledged lost, no restart. */
import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from '../../src/infrastructure/postgres/embedded.ts'
import { dataFolder, endProcesses, startProcess } from '../support/process.ts'
import { until } from '../support/until.ts'

const LONG = 180_000
const folder = mkdtempSync(join(tmpdir(), 'teahouse-outage-'))
let database: Embedded

beforeEach(async () => {
  database = await startEmbedded(folder, () => {})
}, LONG)
afterEach(async () => {
  await endProcesses()
  await database.stop()
}, LONG)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const urlOf = ({ connection: { host, user } }: Embedded) => `postgres:///postgres?host=${encodeURIComponent(host)}&user=${user}`

type Answer = { status: number; body: { error?: { code: string }; access_token?: string; id?: string; items?: { content: string }[] } }
async function ask(
  url: string,
  { method = 'GET', token = '', body }: { method?: string; token?: string; body?: object } = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Answer['body'] }
}
const ready = async (url: string) => (await ask(`${url}/health/ready`)).status

test(
  'readiness fails, writes are refused as unavailable, and all is well again without a restart',
  async () => {
    const server = startProcess({
      DATABASE_URL: urlOf(database),
      SECRET: 'x'.repeat(32),
      DATA_DIR: dataFolder(),
      DRAIN_S: '0',
      LIMIT_MESSAGES_BURST: '0',
    })
    const url = await server.ready()
    const api = `${url}/api/v1`
    const ann = await ask(`${api}/auth/register`, {
      method: 'POST',
      body: { username: 'ann', email: 'ann@example.org', password: 'a long enough secret' },
    })
    const token = ann.body.access_token ?? ''
    const room = await ask(`${api}/rooms`, { method: 'POST', token, body: { name: 'kitchen' } })
    expect(room.status).toBe(201)
    const say = (content: string) =>
      ask(`${api}/rooms/${room.body.id}/messages`, { method: 'POST', token, body: { content, client_id: crypto.randomUUID() } })
    expect((await say('before')).status).toBe(201)
    expect(await ready(url)).toBe(200)

    await database.stop()
    await until(async () => (await ready(url)) === 503)
    const refused = await say('during')
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
    expect(JSON.stringify(refused.body)).not.toMatch(/ECONN|socket|postgres/i)
    expect((await ask(`${url}/health/live`)).status).toBe(200)

    database = await startEmbedded(folder, () => {})
    await until(async () => (await ready(url)) === 200)
    expect((await say('after')).status).toBe(201)
    const history = await ask(`${api}/rooms/${room.body.id}/messages`, { token })
    expect(history.body.items?.map(({ content }) => content)).toEqual(['before', 'after'])
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.stdout).toHaveLength(1)
  },
  LONG,
)

test(
  'while it is away, SIGTERM still ends the process in order',
  async () => {
    const server = startProcess({ DATABASE_URL: urlOf(database), SECRET: 'x'.repeat(32), DATA_DIR: dataFolder(), DRAIN_S: '0' })
    const url = await server.ready()
    await database.stop()
    await until(async () => (await ready(url)) === 503).catch((error: unknown) => {
      throw new Error(server.stderr.join('\n'), { cause: error })
    })
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  },
  LONG,
)
