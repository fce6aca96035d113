/** Which test file belongs to which group, and what a group needs beside Bun. */
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')
export type Need = 'database' | 'debian-database' | 'browser'
export type Group = {
  readonly name: string
  readonly what: string
  readonly files: readonly string[]
  readonly needs: readonly Need[]
  readonly limitMs: number
}

const MINUTE = 60_000
const DEFINITIONS: readonly (Omit<Group, 'files'> & { readonly of: RegExp; readonly but?: RegExp; readonly saying?: RegExp })[] = [
  { name: 'rules', what: 'import rules and documents', of: /^scripts\//, needs: [], limitMs: 2 * MINUTE },
  {
    name: 'unit',
    what: 'rules without a database',
    of: /^(packages\/[^/]+\/src|packages\/(protocol|web)\/test|packages\/server\/test\/domain|bench)\//,
    needs: [],
    limitMs: 5 * MINUTE,
  },
  {
    name: 'process',
    what: 'the process: start, signals, faults',
    of: /^packages\/server\/test\/process\//,
    needs: ['database'],
    limitMs: 10 * MINUTE,
  },
  {
    name: 'server',
    what: 'the whole server on the embedded PostgreSQL',
    of: /^packages\/server\/test\//,
    but: /\/test\/(process|domain|fleet|faults)\//,
    needs: ['database'],
    limitMs: 15 * MINUTE,
  },
  {
    name: 'server-debian',
    what: 'the whole server on a PostgreSQL server from Debian',
    of: /^packages\/server\/test\//,
    but: /\/test\/(process|domain|fleet|faults)\//, // the process tests start their own embedded servers
    saying: /\/support\//, // the others touch no database
    needs: ['debian-database'],
    limitMs: 15 * MINUTE,
  },
  {
    name: 'fleet',
    what: 'several instances, with Redis and Kafka of their own that are killed',
    of: /^packages\/server\/test\/(fleet|faults)\//,
    needs: ['database'],
    limitMs: 25 * MINUTE,
  },
  { name: 'sdk', what: 'the SDK, scripted and against the real server', of: /^packages\/sdk\//, needs: ['database'], limitMs: 10 * MINUTE },
  { name: 'e2e', what: 'journeys in a real browser', of: /^e2e\//, needs: ['database', 'browser'], limitMs: 15 * MINUTE },
]

/** Every test file of the repository is in a group, or this throws. */
export async function groups(): Promise<Group[]> {
  const tests = [...new Bun.Glob('{packages,scripts,bench,e2e}/**/*.test.{ts,tsx}').scanSync(ROOT)]
    .filter((file) => !file.includes('node_modules/'))
    .toSorted()
  const made: Group[] = []
  const texts = new Map<string, string>()
  for (const file of tests) texts.set(file, await Bun.file(join(ROOT, file)).text())
  for (const { of, but, saying, ...rest } of DEFINITIONS) {
    const files = tests.filter((file) => of.test(file) && !but?.test(file) && (saying?.test(texts.get(file) ?? '') ?? true))
    made.push({ ...rest, files })
  }
  const stray = tests.filter((file) => !made.some(({ files }) => files.includes(file)))
  if (stray.length > 0) throw new Error(`No group of scripts/testing/groups.ts takes ${stray.join(', ')}.`)
  return made
}
