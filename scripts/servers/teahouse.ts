/** An instance of the server as a process, on a port of its own that it comes back to after a kill. */
import { join, resolve } from 'node:path'
import { freePort, type ServerProgram, serverProgram } from './program.ts'

const ROOT = resolve(import.meta.dir, '../..')
export type TestInstance = ServerProgram & { readonly url: string }

export async function teahouseInstance(folder: string, name: string, environment: Record<string, string>): Promise<TestInstance> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', LOG_LEVEL: 'warn', PORT: String(port), ...environment }
  const command = [process.execPath, join(ROOT, 'packages/server/src/main.ts')]
  const answers = async () => (await fetch(`${url}/health/ready`).catch(() => null))?.status === 200
  return { ...serverProgram({ name, command, folder, port, env, answers }), url }
}
