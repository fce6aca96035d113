/**
 * `npm test`: every check and every suite, with the servers that they need; ends with the line "N passed, N failed".
 *
 *     npm test                        everything
 *     npm test -- --only=server,sdk   some groups (checks, or a name from scripts/testing/groups.ts)
 *     npm run check                   what needs no server: types, lint, format, audit, import rules
 *
 * With CI=true a suite that can not run for want of a server or a browser is a failure; else it is skipped, and that is said aloud.
 */
import { allVariables } from '../packages/server/src/config-variables.ts'
import { FAST_SETTINGS, startTestServer } from '../packages/server/test/support/database-server.ts'
import { startPostgres } from './servers/postgres.ts'
import { CHECKS } from './testing/checks.ts'
import { provide, unpackedEnvironment } from './testing/debian.ts'
import { type Group, groups, type Need, ROOT } from './testing/groups.ts'
import { atTheEnd, endAll, run } from './testing/programs.ts'

const TEST_LIMIT_MS = 60_000
const CHECKS_ONLY = ['checks', 'rules']
const CI = process.env['CI'] === 'true'

const totals = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const provisions = new Map<Need, Record<string, string> | null>()
const started = Date.now()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    console.error(`${signal}: ending what was started`)
    void endAll().then(() => process.exit(130))
  })

const wanted = wantedGroups(process.argv.slice(2))
const all = await groups()
const unknown = wanted?.filter((name) => name !== 'checks' && !all.some((group) => group.name === name)) ?? []
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}. There are: checks, ${all.map(({ name }) => name).join(', ')}.`)
  process.exit(1)
}
const isWanted = (name: string) => wanted === null || wanted.includes(name)
if (isWanted('checks')) await runChecks()
for (const group of all) if (isWanted(group.name)) await runGroup(group)
await endAll()
for (const failure of failures) console.log(`failed: ${failure}`)
console.log(`\nin ${Math.round((Date.now() - started) / 1000)} s`)
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`)
process.exit(totals.failed > 0 ? 1 : 0)

function wantedGroups(flags: readonly string[]): string[] | null {
  if (flags.includes('--checks-only')) return CHECKS_ONLY
  const only = flags.find((flag) => flag.startsWith('--only='))
  return only ? only.slice('--only='.length).split(',') : null
}

async function runChecks(): Promise<void> {
  for (const { name, ...rest } of CHECKS) {
    console.log(`\n== ${name}`)
    const result = await rest.check()
    totals[result]++
    if (result === 'failed') failures.push(name)
  }
}

async function runGroup(group: Group): Promise<void> {
  console.log(`\n== ${group.name}: ${group.what} (${group.files.length} files)`)
  if (group.files.length === 0) return console.log('no tests')
  const environment = testEnvironment()
  for (const need of group.needs) {
    const got = await provided(need)
    if (!got) return skip(group, need)
    Object.assign(environment, got)
  }
  const files = group.files.map((file) => `./${file}`)
  const command = [process.execPath, 'test', `--timeout=${TEST_LIMIT_MS}`, '--only-failures', ...files]
  count(group, await run(command, { limitMs: group.limitMs, cwd: ROOT, env: environment }))
}

function skip(group: Group, need: Need): void {
  console.error(`!! ${group.name} is ${CI ? 'a failure' : 'skipped'}: there is no ${need}.`)
  totals[CI ? 'failed' : 'skipped']++
  if (CI) failures.push(`${group.name}: there is no ${need}`)
}

/** Reads Bun's own summary. A run that ends without one, or with an error outside of a test, is one failure more. */
function count(group: Group, { code, output, tooLate }: Awaited<ReturnType<typeof run>>): void {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0)
  const failed = last('fail')
  totals.passed += last('pass')
  totals.skipped += last('skip') + last('todo')
  totals.failed += failed
  if (code === 0) return
  if (failed === 0) totals.failed++
  const how = tooLate ? 'did not end in time' : failed > 0 ? `${failed} tests` : `ended with code ${code}`
  failures.push(`${group.name}: ${how}`)
}

/** Ours without what configures a Teahouse: a developer's DATABASE_URL must not leak into tests. */
function testEnvironment(): Record<string, string | undefined> {
  const environment = { ...process.env }
  for (const { name } of allVariables()) delete environment[name]
  return environment
}

/** The variables through which a suite finds what it needs; started once, when first needed. null: it can not be had. */
async function provided(need: Need): Promise<Record<string, string> | null> {
  const known = provisions.get(need)
  if (known !== undefined) return known
  const made = await provision(need)
  provisions.set(need, made)
  return made
}

async function provision(need: Need): Promise<Record<string, string> | null> {
  if (need === 'browser') return await browser()
  try {
    if (need === 'database') {
      const server = await startTestServer()
      atTheEnd(() => server.stop())
      return { TEST_DATABASE_URL: server.url }
    }
    const server = await startPostgres(FAST_SETTINGS)
    atTheEnd(() => server.remove())
    console.log(`a PostgreSQL server from Debian at ${server.url}`)
    return { TEST_DATABASE_URL: server.url }
  } catch (error) {
    console.error(`!! ${(error as Error).message}`)
    return null
  }
}

/** Without Debian's, the tests take the npm package's. */
async function browser(): Promise<Record<string, string>> {
  const path = await provide(
    'A browser',
    ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/lib/chromium/chromium-headless-shell'],
    ['chromium-headless-shell', 'fonts-noto-cjk'],
  )
  await provide('Chinese letters', ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'], ['fonts-noto-cjk'])
  return { ...unpackedEnvironment(), ...(path ? { CHROMIUM: path } : {}) }
}
