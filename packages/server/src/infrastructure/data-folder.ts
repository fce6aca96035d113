/** The folder that everything is kept in: made when missing, by root for whoever owns the folder above. */
import { accessSync, chownSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Answers the absolute path. Throws an Error that says what to do when the folder can not be made or written. */
export function makeDataFolder(dataDir: string): string {
  const folder = resolve(dataDir)
  try {
    const { uid, gid } = statSync(nearestExisting(folder))
    const first = mkdirSync(folder, { recursive: true })
    if (first && process.getuid?.() === 0) for (const made of between(first, folder)) chownSync(made, uid, gid)
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder')
    accessSync(folder, constants.W_OK | constants.X_OK)
    return folder
  } catch (error) {
    throw new Error(
      `The folder ${folder} can not be used: ${(error as Error).message}. Make it writable for this user, or set DATA_DIR to another folder.`,
      { cause: error },
    )
  }
}

/** The folder itself, or the first one above it that exists. */
export function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder))
}

const between = (first: string, last: string): string[] => (first === last ? [last] : [...between(first, dirname(last)), last])
