/** What is checked without running Teahouse: types, lint, format, and the dependencies' known holes. */
import { basename } from 'node:path'
import { ROOT } from './groups.ts'
import { run } from './programs.ts'

const LIMIT_MS = 300_000
type Result = 'passed' | 'failed'

export const CHECKS: readonly { readonly name: string; check(): Promise<Result> }[] = [
  { name: 'types: tsc --noEmit', check: () => tool('tsc', '--noEmit') },
  { name: 'lint: oxlint', check: () => tool('oxlint') },
  { name: 'format: oxfmt --check', check: () => tool('oxfmt', '--check') },
  { name: 'dependencies: npm audit', check: audit },
]

async function tool(name: string, ...parameters: string[]): Promise<Result> {
  const { code } = await run([`${ROOT}/node_modules/.bin/${name}`, ...parameters], { limitMs: LIMIT_MS, cwd: ROOT })
  return code === 0 ? 'passed' : 'failed'
}

/** Fails on known holes from "high" on. A registry that can not be asked is no fault of ours, but is said aloud. */
async function audit(): Promise<Result> {
  const npm = basename(process.env['npm_execpath'] ?? '') === 'npm-cli.js' ? ['node', process.env['npm_execpath'] ?? ''] : ['npm']
  const asked = await run([...npm, 'audit', '--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0', '--fetch-timeout=20000'], {
    limitMs: 60_000,
    cwd: ROOT,
    show: false,
  })
  const found = vulnerabilities(asked.output)
  if (!found) {
    console.log('!! The registry could not be asked about known holes (no network, or it has no such service). Nothing was audited.')
    return 'passed'
  }
  const { high = 0, critical = 0, total = 0 } = found
  console.log(`${total} known holes, ${high} high, ${critical} critical`)
  if (high + critical > 0) console.log(asked.output)
  return high + critical > 0 ? 'failed' : 'passed'
}

function vulnerabilities(output: string): Record<string, number> | null {
  try {
    const report = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as {
      metadata?: { vulnerabilities?: Record<string, number> }
    }
    return report.metadata?.vulnerabilities ?? null
  } catch {
    return null
  }
}
