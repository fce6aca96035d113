/**
 * Gives memory back when the process is calm. The runtime collects garbage while objects are made: what a crowd leaves behind, when it has come
 * in or gone, would stay until the next one.
 */

export const LOOK_EVERY_MS = 2_000
/** Work between two looks below which nobody notices a pause of some tens of milliseconds. */
const CALM_MS = LOOK_EVERY_MS * 0.05
/** A collection may take this part of the work that was done since the last one. */
const PART_OF_WORK = 0.25
/** What the first one is believed to take. */
const USUAL_MS = 40

export type CalmPorts = {
  /** Takes away everything that nobody needs any more. */
  collect: () => void
  /** Of the process so far: milliseconds of work. */
  workMs?: () => number
}

/** Returns a look, to be taken every two seconds. */
export function collectWhenCalm({ collect, workMs = workOfProcess }: CalmPorts): () => void {
  let lookedAt = workMs()
  let collectedAt = 0
  let costMs = USUAL_MS
  return () => {
    const now = workMs()
    const isCalm = now - lookedAt < CALM_MS
    lookedAt = now
    if (!isCalm || (now - collectedAt) * PART_OF_WORK < costMs) return
    collect()
    lookedAt = collectedAt = workMs()
    costMs = collectedAt - now
  }
}

function workOfProcess(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
