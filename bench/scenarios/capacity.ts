/** The highest rate that a server holds: up a ladder until it fails twice, then halving the step between the last two rungs. */
import type { Trial } from './trial.ts'

const HALVINGS = 2
const ATTEMPTS = 5
const DISTURBED = 0.1 // of the core, used by somebody else

export type Capacity = {
  /** Sends a second; 0 when even the lowest rung failed. */
  readonly rate: number
  /** The trial at that rate. */
  readonly best: Trial | undefined
  /** All trials, in the order they were run. */
  readonly trials: readonly Trial[]
}

/**
 * `rungs` rise. A rung fails only when it fails twice, because a shared machine has bad moments; a failure while others used much of the
 * core does not count, some times over.
 */
export async function findCapacity(rungs: readonly number[], trial: (rate: number) => Promise<Trial>): Promise<Capacity> {
  const trials: Trial[] = []
  const holds = async (rate: number): Promise<boolean> => {
    for (let attempts = 0, failures = 0; attempts < ATTEMPTS && failures < 2; attempts++) {
      const result = await trial(rate)
      trials.push(result)
      if (result.held) return true
      if (result.othersShare < DISTURBED || attempts >= ATTEMPTS - 2) failures++
    }
    return false
  }
  let held = 0
  let failed: number | undefined
  for (const rate of rungs) {
    if (await holds(rate)) held = rate
    else {
      failed = rate
      break
    }
  }
  for (let halving = 0; halving < HALVINGS && failed !== undefined; halving++) {
    const middle = round((held + failed) / 2)
    if (middle <= held || middle >= failed) break
    if (await holds(middle)) held = middle
    else failed = middle
  }
  const best = trials.findLast((one) => one.held && one.offeredPerS === held)
  return { rate: held, best, trials }
}

/** Two digits that mean something, as the rungs have. */
function round(rate: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, rate))) - 1)
  return Math.round(rate / unit) * unit
}

/** The rungs of a later round: from a little below what an earlier one found. */
export const rungsNear = (rungs: readonly number[], rate: number): number[] => {
  const near = rungs.filter((rung) => rung >= rate * 0.6)
  return near.length > 0 ? near : rungs.slice(-2)
}
