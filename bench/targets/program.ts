/** Another program that speaks enough of the protocol: `--server FILE`, for trying ideas out. It gets PORT and DATABASE_URL and says a line with "ready". */
import { resolve } from 'node:path'
import { teahouse } from '../load/dialect.ts'
import { startChild } from '../stage/child.ts'
import { freePort, type Stage } from '../stage/stage.ts'
import { enrollByRest } from './rest-enroll.ts'
import { clock, type Target } from './target.ts'

export const program = (file: string): Target => ({
  name: 'Teahouse',
  async start(stage: Stage) {
    const port = freePort()
    const database = await stage.createDatabase()
    const child = await startChild({
      cores: stage.cores,
      command: [process.execPath, resolve(file)],
      environment: { PORT: String(port), DATABASE_URL: database.url },
      readyLine: /ready/,
      log: stage.log('program'),
    })
    return {
      name: 'Teahouse',
      dialect: teahouse(),
      port,
      pid: child.pid,
      databaseUrl: database.url,
      logTables: ['hot.messages', 'hot.events', 'hot.outbox'],
      enroll: (plan) => enrollByRest(port, plan),
      time: clock(stage, child.pid, stage.databasePid),
      async stop() {
        await child.stop()
        await database.drop()
      },
    }
  },
})
