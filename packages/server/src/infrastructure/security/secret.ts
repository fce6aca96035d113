/** The secret that signs tokens when none is configured: made once, kept in the data folder, readable by its owner alone. */
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeDataFolder } from '../data-folder.ts'

const BYTES = 48

/** The same secret at every start. Throws an Error that says what to do when the file can not be made or read, or is damaged. */
export function loadSecret(dataDir: string): string {
  const folder = makeDataFolder(dataDir)
  const file = join(folder, 'secret')
  try {
    const secret = readSecret(file) ?? makeSecret(folder, file)
    if (secret.length >= 32) return secret
  } catch (error) {
    throw new Error(`The secret in ${file} can not be used: ${(error as Error).message}. Mend that, or set SECRET.`, { cause: error })
  }
  throw new Error(
    `The secret in ${file} is damaged: it has fewer than 32 characters. Put it back from a backup, or remove the file; a new one signs everybody out.`,
  )
}

function readSecret(file: string): string | null {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (process.platform !== 'win32' && statSync(file).mode & 0o077) chmodSync(file, 0o600)
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Written whole beside its place and linked there, so that of two starts at once one wins and no half secret is ever read. */
function makeSecret(folder: string, file: string): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const secret = randomBytes(BYTES).toString('base64url')
  const { uid, gid } = statSync(folder)
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeSync(handle, `${secret}\n`)
    fsyncSync(handle)
    if (process.getuid?.() === 0) chownSync(draft, uid, gid)
    linkSync(draft, file)
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFileSync(file, 'utf8').trim()
  } finally {
    closeSync(handle)
    rmSync(draft, { force: true })
  }
}
