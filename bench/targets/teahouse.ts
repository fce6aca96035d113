/** Teahouse as it is installed, its limits for single users out of the way; on the stage's PostgreSQL, or with the one it brings. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { teahouse } from '../load/dialect.ts'
import { startChild } from '../stage/child.ts'
import { ROOT, type Stage } from '../stage/stage.ts'
import { seed } from './seed.ts'
import { clock, type Running, type Target } from './target.ts'

const SECRET = 'only-for-measuring-on-this-machine-0123456789'
/** One generator plays thousands of people, so what protects from a single person is switched off; what bounds memory stays. */
const ENVIRONMENT = {
  SECRET,
  PORT: '0',
  LOG_LEVEL: 'warn',
  LIMIT_MESSAGES_BURST: '0',
  LIMIT_MESSAGES_PER_SECOND: '0',
  LIMIT_AUTH_PER_ACCOUNT_MINUTE: '0',
  LIMIT_AUTH_PER_ADDRESS_MINUTE: '0',
  LIMIT_WRITES_PER_MINUTE: '0',
  LIMIT_CONNECTIONS: '20000',
  HEARTBEAT_S: '900',
  IDLE_TIMEOUT_S: '3600',
  DRAIN_S: '0',
}

export const teahouseOnServer: Target = {
  name: 'Teahouse',
  async start(stage) {
    const database = await stage.createDatabase()
    const running = await run(stage, { DATABASE_URL: database.url, DATA_DIR: dataFolder(stage) }, database.url, stage.databasePid)
    const stop = async () => {
      await running.stop()
      await database.drop()
    }
    return { ...running, stop }
  },
}

export const teahouseEmbedded: Target = {
  name: 'Teahouse, embedded',
  async start(stage) {
    const folder = dataFolder(stage)
    const url = `postgres://teahouse@localhost/postgres?host=${encodeURIComponent(join(folder, 'postgres'))}`
    return run(stage, { DATA_DIR: folder }, url)
  },
}

let folders = 0
function dataFolder({ folder }: Stage): string {
  const path = join(folder, `data-${++folders}`)
  mkdirSync(path)
  return path
}

const profiling = ({ profiles }: Stage): string[] => (profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])

async function run(stage: Stage, environment: Record<string, string>, databaseUrl: string, databasePid?: number): Promise<Running> {
  const child = await startChild({
    cores: stage.cores,
    command: [process.execPath, ...profiling(stage), join(ROOT, 'packages/server/src/main.ts')],
    cwd: ROOT,
    environment: { ...ENVIRONMENT, ...environment },
    readyLine: /^Teahouse is ready at http:\/\/\S+:(\d+)/,
    log: stage.log('teahouse'),
  })
  return {
    name: 'Teahouse',
    dialect: teahouse(),
    port: Number(child.ready[1]),
    pid: child.pid,
    databaseUrl,
    logTables: ['messages'], // its row is its event; beside it a commit writes one row of the outbox
    enroll: (plan) => seed(databaseUrl, SECRET, plan),
    time: clock(stage, child.pid, databasePid),
    stop: () => child.stop(),
  }
}
