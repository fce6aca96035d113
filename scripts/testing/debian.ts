/** Programs from Debian's packages: found, or installed by root, or unpacked into a folder of ours by anybody else. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './programs.ts'

const UNPACKED = join(import.meta.dir, '../../node_modules/.cache/debian')
const NO_CLUSTER = '/etc/postgresql-common/createcluster.conf'
const APT_ENV = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
const isRoot = process.getuid?.() === 0

/** What a program from a package needs to run: libraries and fonts lie elsewhere when it was only unpacked. */
export function unpackedEnvironment(): Record<string, string> {
  if (!existsSync(UNPACKED)) return {}
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => libraryFolders(join(UNPACKED, folder)))
  return { XDG_DATA_HOME: join(UNPACKED, 'usr/share'), ...(libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(':') } : {}) }
}

/** The first of these paths that exists, here or unpacked; `*` stands for one folder, of which the last is taken. */
export function find(patterns: readonly string[]): string | null {
  for (const root of ['/', UNPACKED])
    for (const pattern of patterns) {
      const found = expand(root, pattern.split('/').filter(Boolean))
      if (found) return found
    }
  return null
}

/** Finds a program, or installs the packages and looks again. null, with the reason on the screen, where that can not be. */
export async function provide(what: string, patterns: readonly string[], packages: readonly string[]): Promise<string | null> {
  const found = find(patterns)
  if (found) return found
  console.log(`${what}: not on this machine, ${isRoot ? 'installing' : 'unpacking'} ${packages.join(', ')} …`)
  const problem = existsSync('/usr/bin/apt-get') ? await (isRoot ? install(packages) : unpack(packages)) : 'this is not a Debian machine'
  const now = find(patterns)
  if (!now) console.error(`!! ${what} can not be had: ${problem ?? `it is not in ${packages.join(', ')}`}.`)
  return now
}

async function install(packages: readonly string[]): Promise<string | null> {
  if (packages.some((name) => name.startsWith('postgresql')) && !existsSync(NO_CLUSTER)) {
    mkdirSync(dirname(NO_CLUSTER), { recursive: true })
    writeFileSync(NO_CLUSTER, 'create_main_cluster = false\n') // the package would start a server of its own
  }
  const quick = await apt(['install', '-y', '--no-install-recommends', ...packages])
  if (quick === null) return null
  return (await apt(['update'])) ?? (await apt(['install', '-y', '--no-install-recommends', ...packages]))
}

async function unpack(packages: readonly string[]): Promise<string | null> {
  const listed = await run(['apt-get', 'install', '--print-uris', '-qq', '-y', '--no-install-recommends', ...packages], {
    limitMs: 60_000,
    env: APT_ENV,
    show: false,
  })
  const missing = [...listed.output.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map(([, name = '']) => name)
  if (listed.code !== 0 || missing.length === 0) return `apt-get does not know these packages: ${lastLine(listed.output)}`
  mkdirSync(UNPACKED, { recursive: true })
  const folder = mkdtempSync(`${UNPACKED}-`)
  try {
    const problem = await apt(['download', ...missing], folder)
    if (problem !== null) return problem
    for (const file of readdirSync(folder)) {
      const { code, output } = await run(['dpkg', '-x', join(folder, file), UNPACKED], { limitMs: 120_000, show: false })
      if (code !== 0) return lastLine(output)
    }
    return null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function apt(command: readonly string[], cwd?: string): Promise<string | null> {
  const { code, output } = await run(['apt-get', '-q', '-o', 'Acquire::Retries=2', '-o', 'DPkg::Lock::Timeout=120', ...command], {
    limitMs: 600_000,
    env: APT_ENV,
    show: false,
    ...(cwd ? { cwd } : {}),
  })
  return code === 0 ? null : `apt-get ${command[0]} failed: ${lastLine(output)}`
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

function expand(root: string, [first, ...rest]: readonly string[]): string | null {
  if (first === undefined) return root
  if (first !== '*') return existsSync(join(root, first)) ? expand(join(root, first), rest) : null
  const folders = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  return folders.map((folder) => expand(join(root, folder), rest)).find((found) => found !== null) ?? null
}

function libraryFolders(folder: string): string[] {
  if (!existsSync(folder)) return []
  return [
    ...readdirSync(folder)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => join(folder, name)),
    folder,
  ]
}
