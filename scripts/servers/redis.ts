/** Redis from Debian's package with temporary data, which may be killed and started again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { provide, unpackedEnvironment } from '../testing/debian.ts'
import { freePort, listens, type ServerProgram, serverProgram } from './program.ts'

export type TestRedis = ServerProgram & {
  readonly url: string
  ask(...command: string[]): Promise<unknown>
  remove(): Promise<void>
}

/** Keeps nothing on disk, as between the instances nothing has to be kept. */
export async function startRedis(more: readonly string[] = []): Promise<TestRedis> {
  const program = await provide('Redis', ['/usr/bin/redis-server'], ['redis-server'])
  if (!program) throw new Error('there is no Redis')
  const [folder, port] = [mkdtempSync(join(tmpdir(), 'teahouse-redis-')), await freePort()]
  const command = [program, '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...more]
  const env = { ...process.env, ...unpackedEnvironment() }
  const server = serverProgram({ name: 'redis', command, folder, port, env, answers: () => listens(port) })
  await server.start()
  const url = `redis://127.0.0.1:${port}`
  return {
    ...server,
    url,
    async ask(...words) {
      const client = createClient({ url, socket: { reconnectStrategy: false } })
      client.on('error', () => {})
      await client.connect()
      try {
        return await client.sendCommand(words)
      } finally {
        client.destroy()
      }
    },
    async remove() {
      await server.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
