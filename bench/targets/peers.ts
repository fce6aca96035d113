/** The small servers Teahouse is compared with: each in a process of its own, in `peers/`. */
import { join } from 'node:path'
import { type Dialect, socketIo, teahouse } from '../load/dialect.ts'
import { startChild } from '../stage/child.ts'
import { ARTIFACTS, freePort, ROOT, type Stage } from '../stage/stage.ts'
import { clock, type Plan, roomsByPerson, type Target } from './target.ts'

/** `ws` on Node: one INSERT a message, then the broadcast. */
export const wsInsert: Target = onNode('ws + INSERT', 'ws-insert', teahouse(false))

/** Socket.IO on Node: the same. */
export const socketIoInsert: Target = onNode('Socket.IO + INSERT', 'socket-io-insert', socketIo)

/** Bun's own publish and nothing else: no parsing, no database. Frames have `frameBytes` of text. */
export const barePublish = (frameBytes: number): Target => ({
  name: 'bare publish',
  start: (stage) =>
    startPeer(stage, {
      name: 'bare publish',
      dialect: teahouse(),
      command: [process.execPath, join(import.meta.dir, '../peers/bare-publish.ts')],
      environment: { FRAME_BYTES: String(frameBytes) },
    }),
})

function onNode(name: string, file: string, dialect: Dialect): Target {
  return {
    name,
    async start(stage) {
      const outdir = join(ARTIFACTS, 'peers') // inside the repository, where Node finds the packages
      const built = await Bun.build({
        entrypoints: [join(import.meta.dir, `../peers/${file}.ts`)],
        target: 'node',
        packages: 'external',
        outdir,
        naming: '[name].mjs',
      })
      if (!built.success) throw new Error(`${file} can not be built: ${built.logs.map(({ message }) => message).join('\n')}`)
      const database = await stage.createDatabase()
      const running = await startPeer(stage, {
        name,
        dialect,
        command: ['node', join(outdir, `${file}.mjs`)],
        environment: { DATABASE_URL: database.url, NODE_ENV: 'production' },
      })
      const stop = async () => {
        await running.stop()
        await database.drop()
      }
      return { ...running, databaseUrl: database.url, time: clock(stage, running.pid, stage.databasePid), stop }
    },
  }
}

type Peer = { name: string; dialect: Dialect; command: string[]; environment: Record<string, string> }

async function startPeer(stage: Stage, { name, dialect, command, environment }: Peer) {
  const port = freePort()
  const child = await startChild({
    cores: stage.cores,
    command,
    cwd: ROOT,
    environment: { ...environment, PORT: String(port) },
    readyLine: /^ready/,
    log: stage.log(name.replaceAll(/\W+/g, '-')),
  })
  return {
    name,
    dialect,
    port,
    pid: child.pid,
    databaseUrl: null,
    logTables: [],
    enroll,
    time: clock(stage, child.pid),
    stop: () => child.stop(),
  }
}

/** The peers believe what a token says: who it is, and which rooms that person is in. */
async function enroll(plan: Plan) {
  const ids = plan.rooms.map(() => crypto.randomUUID())
  return roomsByPerson(plan, ids).map((rooms) => ({ token: `${crypto.randomUUID()}|${rooms.join(',')}`, rooms }))
}
