/** How long to wait before trying again, so that thousands who lost the same server do not come back in the same moment. */

const FIRST_MS = 1_000
const GROWTH = 1.6
const MOST_MS = 30_000

/** Milliseconds before the next try, after `failures` in a row (from 1): grows up to half a minute, spread over the upper three quarters. */
export function backoffMs(failures: number, random: () => number): number {
  const top = Math.min(MOST_MS, FIRST_MS * GROWTH ** Math.min(failures - 1, 20))
  return Math.round(top * (0.25 + 0.75 * random()))
}
