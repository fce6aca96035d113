/** Gives memory back when the process is calm. The runtime collects garbage while objects are made; what a crowd leaves behind would stay until the next one comes. */

export const LOOK_EVERY_MS = 2_000
/** Work between two looks below which nobody notices a pause of some tens of milliseconds. */
const CALM_MS = LOOK_EVERY_MS * 0.05
/** Less garbage than this, and than this part of what was left the last time, is not worth it. */
const GROWN_BY_BYTES = 4_194_304
const GROWN_BY_PART = 0.25

export type CalmPorts = {
  /** Takes away everything that nobody needs any more. */
  collect: () => void
  /** Of the process so far: milliseconds of work. */
  workMs?: () => number
  heapBytes?: () => number
}

/** Returns a look, to be taken every two seconds. */
export function collectWhenCalm({ collect, workMs = workOfProcess, heapBytes = heapOfProcess }: CalmPorts): () => void {
  let worked = workMs()
  let left = 0
  return () => {
    const now = workMs()
    const isCalm = now - worked < CALM_MS
    worked = now
    if (!isCalm || heapBytes() - left < Math.max(GROWN_BY_BYTES, left * GROWN_BY_PART)) return
    collect()
    left = heapBytes()
    worked = workMs()
  }
}

function workOfProcess(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const heapOfProcess = (): number => process.memoryUsage().heapUsed
