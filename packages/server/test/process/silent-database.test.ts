/** Sessions of the database that vanish without a word, as at a failover or in a router that forgets: the server finds out and goes on. */
import { expect, test } from 'bun:test'
import { connect, createServer, type Socket } from 'node:net'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/infrastructure/logging.ts'
import { clientId, openTeahouse } from '../support/house.ts'
import { SECRET } from '../support/rest.ts'
import { until } from '../support/until.ts'

/** Passes bytes on until `forget`: then the lines that exist are dead, and neither end is told. New ones work. */
async function forgetfulRouter(to: () => Socket) {
  const lines: { dead: boolean }[] = []
  const router = createServer((near) => {
    const far = to()
    const line = { dead: false }
    lines.push(line)
    near.on('data', (bytes) => line.dead || far.write(bytes))
    far.on('data', (bytes) => line.dead || near.write(bytes))
    for (const end of [near, far]) end.on('error', () => {})
    near.on('close', () => far.destroy())
    far.on('close', () => line.dead || near.destroy())
  })
  await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve))
  const { port } = router.address() as { port: number }
  return { port, forget: () => lines.forEach((line) => (line.dead = true)), close: () => router.close() }
}

test('a database whose sessions fall silent is asked anew, and a repeated message is there once', async () => {
  const house = await openTeahouse({})
  const ann = await house.guest()
  const room = await house.room(ann)
  const { searchParams, pathname, hostname, port, username, password } = new URL(house.databaseUrl)
  const folder = searchParams.get('host')
  const router = await forgetfulRouter(() => (folder ? connect(`${folder}/.s.PGSQL.5432`) : connect(Number(port), hostname)))
  const user = searchParams.get('user') ?? [username, password].filter(Boolean).join(':')
  const { log } = createLog('silent')
  const config = readConfig({ PORT: '0', DATABASE_URL: `postgres://${user}@127.0.0.1:${router.port}${pathname}`, SECRET, DRAIN_S: '0' })
  const app = await startApp(config, { log })
  const body = JSON.stringify({ content: 'Is anybody there?', client_id: clientId() })
  const send = async () => {
    const headers = { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json' }
    return (await fetch(`${app.url}/api/v1/rooms/${room.id}/messages`, { method: 'POST', headers, body })).status
  }
  router.forget()
  await until(async () => [200, 201].includes(await send()), { withinMs: 80_000, what: 'a message to be taken again' })
  const { items } = await ann.call('list_messages', { room_id: room.id })
  expect(items.map(({ content }) => content)).toEqual(['Is anybody there?'])
  await app.stop()
  router.close()
  await house.close()
}, 120_000)
