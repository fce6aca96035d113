/** Backups of the embedded database: made while it runs, proved against their manifest, and put back as a history of its own. */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, closeSync, copyFileSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { makeDataFolder } from '../data-folder.ts'
import { readManifest } from './backup-manifest.ts'
import { type Progress, takeBaseBackup } from './base-backup.ts'
import { openDatabase } from './database.ts'
import { startEmbedded } from './embedded.ts'
import { serverUser } from './embedded-files.ts'
import { visitEmbedded } from './embedded-visit.ts'
import { newEpoch } from './epoch.ts'
import { entriesOf } from './tar.ts'

const ARCHIVE = 'base.tar'
const MANIFEST = 'backup_manifest'
const SECRET = 'secret'
const SESSIONS = 1
/** In the name of what is not whole yet, before the number of its process. Nobody calls a backup of his own like this: what is called so may be removed. */
const DRAFT = '.unfinished-'
/** What a server that runs keeps beside its files: the next one would take it for a rival. */
const OF_THE_RUNNING = /^\.s\.PGSQL\./

export type Proof = { readonly files: number; readonly bytes: number }

/** Into a folder that is missing or empty. It appears there only when it is whole, proved and on disk. */
export async function makeBackup(
  { dataDir, to }: { dataDir: string; to: string },
  log: (line: string) => void,
  onProgress: (progress: Progress) => void,
): Promise<Proof & { secret: boolean }> {
  const [source, target] = [resolve(dataDir), resolve(to)]
  if (`${target}${sep}`.startsWith(`${source}${sep}`))
    throw new Error(`${target} lies in DATA_DIR, with which it would be lost. Name a folder somewhere else.`)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new Error(`${target} is not empty. Name a folder that does not exist yet, or an empty one.`)
  mkdirSync(dirname(target), { recursive: true })
  return inDraft(target, async (draft) => {
    const files = { archive: join(draft, ARCHIVE), manifest: join(draft, MANIFEST) }
    await visitEmbedded(source, log, (connection) => takeBaseBackup(connection, files, onProgress))
    const secret = keepSecret(source, draft)
    const proof = prove(draft)
    syncFolder(draft)
    renameSync(draft, target)
    syncFolder(dirname(target))
    return { ...proof, secret }
  })
}

/** Into a DATA_DIR without a database. The database starts once before it appears there, and gets a new epoch. */
export async function restoreBackup(
  { from, dataDir }: { from: string; dataDir: string },
  log: (line: string) => void,
  onProgress: (progress: Progress) => void,
): Promise<Proof & { secret: boolean; epoch: string }> {
  const source = resolve(from)
  for (const part of [ARCHIVE, MANIFEST])
    if (!existsSync(join(source, part))) throw new Error(`${source} is no backup made by Teahouse: it has no ${part}.`)
  const folder = makeDataFolder(dataDir)
  for (const part of ['postgres', SECRET])
    if (existsSync(join(folder, part)) && !isSame(join(folder, part), join(source, part)))
      throw new Error(`${folder} holds data already (${part}). Move it away, or set DATA_DIR to an empty folder.`)
  return inDraft(join(folder, 'restored'), async (draft) => {
    const owner = serverUser(folder)
    const proof = prove(source, { folder: join(draft, 'postgres'), owner }, onProgress)
    const secret = keepSecret(source, draft)
    const epoch = await beginAnew(draft, log)
    if (secret) {
      const { uid, gid } = statSync(folder)
      if (process.getuid?.() === 0) chownSync(join(draft, SECRET), uid, gid)
      renameSync(join(draft, SECRET), join(folder, SECRET))
    }
    renameSync(join(draft, 'postgres'), join(folder, 'postgres'))
    syncFolder(folder)
    return { ...proof, secret, epoch }
  })
}

/** What an interrupted restore has left is put there again. */
const isSame = (one: string, other: string): boolean =>
  basename(one) === SECRET && existsSync(other) && readFileSync(one).equals(readFileSync(other))

/** The first start: replays the WAL up to the end of the backup, and brings the tables up to date. */
async function beginAnew(dataDir: string, log: (line: string) => void): Promise<string> {
  const embedded = await startEmbedded(dataDir, log)
  try {
    const database = await openDatabase(embedded.connection, () => {}, SESSIONS)
    try {
      return (await newEpoch(database)).now
    } finally {
      await database.close()
    }
  } finally {
    await embedded.stop()
  }
}

type Owner = ReturnType<typeof serverUser>

/** Reads the whole archive and holds it against the manifest; unpacks it on the way when it is told where. Throws at the first difference. */
function prove(backup: string, unpack?: { folder: string; owner: Owner }, onProgress?: (progress: Progress) => void): Proof {
  const archive = openSync(join(backup, ARCHIVE), 'r')
  try {
    const { files, segments } = readManifest(join(backup, MANIFEST))
    const missing = new Set([...files.keys(), ...segments.map((name) => `pg_wal/${name}`)])
    let bytes = 0
    const about = fstatSync(archive).size
    if (unpack) makeFolder(unpack.folder, unpack.owner)
    for (const entry of entriesOf(archive)) {
      const place = unpack && !OF_THE_RUNNING.test(entry.path) ? join(unpack.folder, entry.path) : undefined
      if (entry.kind === 'folder') {
        if (place) makeFolder(place, unpack?.owner)
        continue
      }
      const sha256 = hashOf(entry.content(), place, unpack?.owner)
      const expected = files.get(entry.path)
      if (expected ? expected.sha256 !== sha256 : !entry.path.startsWith('pg_wal/')) throw new Error(`${entry.path} is not as it was`)
      missing.delete(entry.path)
      bytes += entry.size
      onProgress?.({ bytes, about })
    }
    const [lost] = missing
    if (lost !== undefined) throw new Error(`${lost} is missing`)
    return { files: files.size, bytes }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code) throw error // of the disk
    throw new Error(`The backup in ${backup} is damaged: ${(error as Error).message}. Take another one.`, { cause: error })
  } finally {
    closeSync(archive)
  }
}

/** Of the content, which is written to its place when there is one. */
function hashOf(content: Iterable<Buffer>, place: string | undefined, owner: Owner): string {
  const hash = createHash('sha256')
  const file = place === undefined ? null : openSync(place, 'wx', 0o600)
  try {
    for (const part of content) {
      hash.update(part)
      if (file !== null) for (let at = 0; at < part.length;) at += writeSync(file, part, at)
    }
  } finally {
    if (file !== null) closeSync(file)
  }
  if (place !== undefined && owner) chownSync(place, owner.uid, owner.gid)
  return hash.digest('hex')
}

function makeFolder(folder: string, owner: Owner): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner) chownSync(folder, owner.uid, owner.gid)
}

/** False when there is none in a file: then it was set as SECRET. */
function keepSecret(from: string, to: string): boolean {
  const [source, copy] = [join(from, SECRET), join(to, SECRET)]
  if (!existsSync(source)) return false
  copyFileSync(source, copy)
  chmodSync(copy, 0o600)
  const file = openSync(copy, 'r')
  fsyncSync(file)
  closeSync(file)
  return true
}

/** Works in a folder beside the place, and removes what is left of it; that of a run which was killed is removed by the next. */
async function inDraft<Answer>(place: string, work: (draft: string) => Promise<Answer>): Promise<Answer> {
  removeDrafts(place)
  const draft = `${place}${DRAFT}${process.pid}`
  mkdirSync(draft, { mode: 0o700 })
  try {
    return await work(draft)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new Error(`The disk of ${dirname(place)} is full. Make room there, then try again.`, { cause: error })
  } finally {
    rmSync(draft, { recursive: true, force: true })
    removeDrafts(place) // again: the database of a killed restore may have written into its draft until a moment ago
  }
}

/** Those whose process is gone. In a container the next process may well have the same number. */
function removeDrafts(place: string): void {
  for (const name of readdirSync(dirname(place))) {
    const own = `${basename(place)}${DRAFT}`
    const pid = name.startsWith(own) ? name.slice(own.length) : ''
    if (!/^\d+$/.test(pid) || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue
    try {
      rmSync(join(dirname(place), name), { recursive: true, force: true })
    } catch {} // something in it is just being written, or it is another user's: it does no harm
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
