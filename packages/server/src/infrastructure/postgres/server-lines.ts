/** How important a line of the embedded database is: its own words by their first one, the launcher's as a warning. */
import type { Logger } from '../logging.ts'

const IMPORTANCE = { PANIC: 'error', FATAL: 'warn', WARNING: 'warn' } as const

/** What the server says of its work, of refused statements and of their values is for those who debug. */
export function serverLines(log: Logger): (line: string) => void {
  const lines = log.child({ from: 'postgresql' })
  return (line) => {
    const [, word] = /^([A-Z]{3,}): /.exec(line) ?? []
    const isContinued = /^\s/.test(line)
    lines[word !== undefined ? ((IMPORTANCE as Record<string, 'error' | 'warn'>)[word] ?? 'debug') : isContinued ? 'debug' : 'warn'](line)
  }
}
