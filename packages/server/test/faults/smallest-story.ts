/** A run that failed is played again in parts, for a bounded time, to tell with how few faults it still fails. */
import { type Outcome, runFaults, type RunOptions, wrongs } from './run.ts'
import { shrink, type Shrunk } from './shrink.ts'

/** Opening and closing a fleet, and what guests say without any fault. */
const TRIAL_MS = 35_000

/** For at most `withinMs`; a part that would not fit is not begun. */
export async function smallestStory(outcome: Outcome, options: RunOptions, withinMs: number, say: (line: string) => void): Promise<Shrunk> {
  const end = Date.now() + withinMs
  const before = wrongs(outcome)
  const costOf = (number: number) => {
    const { lasted_ms = 0, recovery_ms = 0 } = outcome.happened.find((fault) => fault.number === number) ?? {}
    return lasted_ms + (recovery_ms ?? 90_000) + 2_000
  }
  return await shrink({
    happened: outcome.happened.map(({ number }) => number),
    suspect: outcome.suspect,
    affords: (faults) => Date.now() + faults.reduce((sum, number) => sum + costOf(number), TRIAL_MS) < end,
    async fails(faults) {
      const again = await runFaults({ ...options, faults, say: () => {} }).then(wrongs, (error: Error) => {
        say(`   could not be played: ${error.message}`)
        return []
      })
      const failed = again.some((wrong) => before.includes(wrong))
      say(
        `   ${named(faults)}: ${failed ? `failed again (${again.join(', ')})` : again.length > 0 ? `failed otherwise (${again.join(', ')})` : 'went well'}`,
      )
      return failed
    },
  })
}

/** Only what was seen: how often the smallest failed, and that what went well may have been luck. */
export function told({ smallest, trials, cut }: Shrunk, outcome: Outcome, command: string): string[] {
  const ending = cut ? ' Time ran out; there may be a smaller one.' : ''
  if (smallest === null)
    return [
      `Played again in ${trials.length} parts it never failed: it needs more of the story, or luck.${cut ? ' Time ran out before all was tried.' : ''}`,
    ]
  const same = trials.filter(({ faults }) => faults.join() === smallest.join())
  return [
    `The smallest story that failed again, ${same.filter(({ failed }) => failed).length} time in ${same.length}: ${named(smallest)}.${ending}`,
    ...outcome.happened.filter(({ number }) => smallest.includes(number)).map(({ number, told: what }) => `  ${number}. ${what}`),
    `Again: ${command} --faults ${smallest.join(',') || 'none'}`,
  ]
}

const named = (faults: readonly number[]): string => (faults.length === 0 ? 'no fault at all' : `faults ${faults.join(', ')}`)
