/** `teahouse promote`: from the embedded database to a server, everything as it was, or nothing at all. */
import { afterAll, expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { freshDatabase } from '../support/database.ts'
import { dataFolder, endProcesses, startProcess } from '../support/process.ts'
import { openSocket } from '../support/raw-socket.ts'
import { restClient, SECRET } from '../support/rest.ts'

const LONG = 120_000
const CLI = resolve(import.meta.dir, '../../src/cli.ts')
afterAll(endProcesses, LONG)

async function epochAt(url: string, token: string): Promise<unknown> {
  const socket = openSocket(url, { token })
  const { payload } = await socket.frame('ready')
  socket.close()
  await socket.closed
  return payload['epoch']
}

async function teahouse(environment: Record<string, string>, ...words: string[]) {
  const child = Bun.spawn([process.execPath, CLI, ...words], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, said: said.join('') }
}

test(
  'everything moves from the embedded database to a server; a server in use and a target with rows are refused',
  async () => {
    const DATA_DIR = dataFolder()
    const embedded = startProcess({ DATA_DIR, DRAIN_S: '0', SECRET })
    const before = restClient(await embedded.ready())
    const ann = await before.newcomer('ann')
    const room = (await before.call('create_room', { name: 'kitchen' }, { token: ann.access_token })).body
    const say = { room_id: room.id, content: 'schöne Grüße, 你好', client_id: crypto.randomUUID() }
    const sent = (await before.call('send_message', say, { token: ann.access_token })).body
    const epoch = await epochAt(await embedded.ready(), ann.access_token)
    const target = await freshDatabase({ migrated: false })

    const refused = await teahouse({ DATA_DIR }, 'promote', '--to', target.url)
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('Stop the server first') })
    embedded.signal('SIGTERM')
    expect(await embedded.exited).toBe(0)
    expect(await teahouse({ DATA_DIR }, 'promote', '--to', target.url)).toMatchObject({
      code: 0,
      said: expect.stringContaining('messages: 1 rows'),
    })
    expect(await teahouse({ DATA_DIR }, 'promote', '--to', target.url)).toMatchObject({
      code: 1,
      said: expect.stringContaining('not empty'),
    })

    const server = startProcess({ DATABASE_URL: target.url, DATA_DIR, DRAIN_S: '0', SECRET })
    const after = restClient(await server.ready())
    const token = ann.access_token
    expect(await epochAt(await server.ready(), token)).toBe(epoch) // the same history: nobody has to load it anew
    const history = (await after.call('list_messages', { room_id: room.id }, { token })).body
    expect(history.items.map(({ id, seq, content }) => ({ id, seq, content }))).toEqual([
      { id: sent.id, seq: sent.seq, content: say.content },
    ])
    expect((await after.call('send_message', say, { token })).body.id).toBe(sent.id) // the same key is the same message, here too
    expect((await after.call('send_message', { ...say, client_id: crypto.randomUUID() }, { token })).body.seq).toBe(sent.seq + 1)
    server.signal('SIGTERM')
    await server.exited
    await target.drop()
  },
  LONG,
)
