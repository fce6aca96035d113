/** nginx from Debian's package before several instances: REST and WebSocket, the instance with the fewest connections first. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provide, unpackedEnvironment } from '../testing/debian.ts'
import { freePort, listens, type ServerProgram, serverProgram } from './program.ts'

export type TestNginx = ServerProgram & { readonly url: string; remove(): Promise<void> }

/** The file that containers use too; only addresses and folders differ. */
const CONFIGURATION = join(import.meta.dir, '../../deploy/nginx.conf')

export async function startNginx(instances: readonly { port: number }[]): Promise<TestNginx> {
  const program = await provide('nginx', ['/usr/sbin/nginx'], ['nginx-light'])
  if (!program) throw new Error('there is no nginx')
  const [folder, port] = [mkdtempSync(join(tmpdir(), 'teahouse-nginx-')), await freePort()]
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, instances))
  const command = [program, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log'), '-g', 'daemon off;']
  const env = { ...process.env, ...unpackedEnvironment() }
  const server = serverProgram({ name: 'nginx', command, folder, port, env, answers: () => listens(port) })
  await server.start()
  return {
    ...server,
    url: `http://127.0.0.1:${port}`,
    async remove() {
      await server.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function configuration(folder: string, port: number, instances: readonly { port: number }[]): string {
  const servers = instances.map((instance) => `    server 127.0.0.1:${instance.port} max_fails=1 fail_timeout=2s;`).join('\n')
  return readFileSync(CONFIGURATION, 'utf8')
    .replace(/^ *server teahouse-.*;\n/gm, '')
    .replace(/^( *least_conn;)$/m, `$1\n${servers}`)
    .replace(/listen 8080;/, `listen 127.0.0.1:${port};`)
    .replace(/^pid .*;$/m, `pid ${folder}/nginx.pid;`)
    .replace(/^( *)(client_body|proxy)_temp_path .*;$/gm, `$1$2_temp_path ${folder}/$2;`)
    .replace(/^ *access_log .*;$/m, '  access_log off;')
    .replace(/^error_log .*;$/m, `error_log ${folder}/error.log warn;`)
}
