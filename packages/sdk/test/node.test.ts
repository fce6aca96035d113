/** The built SDK under Node's own fetch and WebSocket, where a Node of at least version 22 is at hand. */
import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newJoinedRoom, newMessage, newReady, newSession, ROOM, sent } from './support/samples.ts'
import { startFakeServer } from './support/fake-server.ts'

const node = Bun.which('node')
const version = node ? Bun.spawnSync([node, '--version']).stdout.toString().trim() : 'none'
const isNew = Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= 22
if (!isNew) console.log(`The SDK was not tried under Node: it needs version 22, here is ${version}.`)

const folder = mkdtempSync(join(tmpdir(), 'teahouse-sdk-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.skipIf(!isNew)('the echo bot, built for Node, signs in, hears and answers', async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, '../examples/echo-bot.ts')],
    target: 'node',
    outdir: folder,
    naming: 'bot.mjs',
  })
  expect(built.success).toBe(true)
  const server = startFakeServer()
  server.route('login', () => newSession())
  const child = Bun.spawn([node ?? '', join(folder, 'bot.mjs'), server.url, 'me', 'correct horse'], {
    stdout: 'inherit',
    stderr: 'inherit',
  })
  try {
    const socket = await server.nextSocket()
    const { id } = await socket.expect('authenticate')
    socket.say('ready', newReady([newJoinedRoom({ last_seq: 3 })]), id)
    socket.tell(sent(4))
    expect((await socket.expect('send_message')).payload).toMatchObject({
      room_id: ROOM,
      content: newMessage(4).content,
      reply_to_message_id: newMessage(4).id,
    })
  } finally {
    child.kill()
    await child.exited
    await server.stop()
  }
})
