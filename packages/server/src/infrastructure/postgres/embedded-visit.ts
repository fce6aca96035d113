/** The embedded database for a short visit: the one that another process runs, when there is one, else started and stopped again. */
import { existsSync, lstatSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type Connection, startEmbedded } from './embedded.ts'
import { socketPlace } from './embedded-files.ts'

const STARTS_WITHIN_MS = 20_000

/** Throws an Error that says what to do when the database can be neither reached nor started. */
export async function visitEmbedded<Answer>(
  dataDir: string,
  log: (line: string) => void,
  visit: (connection: Connection) => Promise<Answer>,
): Promise<Answer> {
  const dir = join(resolve(dataDir), 'postgres')
  if (!existsSync(dir)) throw new Error(`There is no database in ${dir} yet. Start Teahouse once, or set DATA_DIR to where its data is.`)
  const running = await findRunning(dir)
  if (running) return visit(running)
  const own = await startEmbedded(dataDir, log)
  try {
    return await visit(own.connection)
  } finally {
    await own.stop()
  }
}

async function findRunning(dir: string): Promise<Connection | null> {
  const place = socketPlace(dir)
  if (place !== dir && !isOwnedAlike(place, dir)) return null
  const connection = { host: place, port: 5432, user: 'teahouse', database: 'postgres' }
  for (const until = Date.now() + STARTS_WITHIN_MS; Date.now() < until;) {
    const answer = await knock(connection)
    if (answer !== 'starting') return answer === 'open' ? connection : null
    await sleep(100)
  }
  throw new Error(`The database in ${dir} does not finish its start. Look into the log of the Teahouse that runs it.`)
}

/** In a folder that everybody may write to, a socket is to be trusted only when whoever owns the files put it there. */
function isOwnedAlike(place: string, dir: string): boolean {
  try {
    return lstatSync(place).uid === statSync(dir).uid
  } catch {
    return false
  }
}

async function knock(connection: Connection): Promise<'open' | 'starting' | 'silent'> {
  const client = new Client({ ...connection, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return 'open'
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string }
    if (code.startsWith('57P') || message.includes('timeout')) return 'starting'
    if (code === 'EACCES')
      throw new Error(`This user may not enter ${connection.host}. Run this as the user who runs Teahouse, or as root.`, { cause: error })
    return 'silent'
  } finally {
    await client.end().catch(() => {})
  }
}
