/** The built SDK: small and without schemas for browsers, and at work under Node's own fetch and WebSocket where a Node 22 is at hand. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newJoinedRoom, newMessage, newReady, newSession, ROOM, sent } from './support/samples.ts'
import { startFakeServer } from './support/fake-server.ts'

const node = Bun.which('node')
const version = node ? Bun.spawnSync([node, '--version']).stdout.toString().trim() : 'none'
const isNew = Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= 22
if (!isNew) console.log(`The SDK was not tried under Node: it needs version 22, here is ${version}.`)

/** What a browser loads of it, compressed. The web client has 80 KB for everything. */
const MOST_BYTES = 24_000

const folder = mkdtempSync(join(tmpdir(), 'teahouse-sdk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('built for browsers it is small, and carries no schemas', async () => {
  const built = await Bun.build({ entrypoints: [join(import.meta.dir, '../src/index.ts')], target: 'browser', minify: true })
  const text = (await built.outputs[0]?.text()) ?? ''
  expect(text).toContain('message_sent')
  expect(text).not.toMatch(/zod|safeParse|node:/i)
  expect(Bun.gzipSync(text).byteLength).toBeLessThan(MOST_BYTES)
})

const underNode = async () => {
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
}
if (isNew) test('the echo bot, built for Node, signs in, hears and answers', underNode)
