/** A PostgreSQL server for tests: fast instead of safe, in a temporary folder. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../src/infrastructure/postgres/embedded.ts'

export const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 200 }

/** The embedded server, with a superuser and without a password. `url` names its database `postgres`. */
export async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), `teahouse-test-${process.pid}-`))
  const embedded = await startEmbedded(folder, () => {}, FAST_SETTINGS)
  const { host, user } = embedded.connection
  return {
    url: `postgres:///postgres?host=${encodeURIComponent(host)}&user=${user}`,
    async stop() {
      await embedded.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Folders of test runs that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^teahouse-test-(\d+)-/.exec(name) ?? []
    try {
      if (pid) process.kill(Number(pid), 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(join(tmpdir(), name), { recursive: true, force: true })
    }
  }
}
