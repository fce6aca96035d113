/** From a long story to a short one: which of the faults are enough to see it fail again. Says what was tried, and how often it failed. */
export type Trial = { readonly faults: readonly number[]; readonly failed: boolean }
export type Shrunk = {
  /** null: it never failed again. */
  readonly smallest: readonly number[] | null
  readonly trials: readonly Trial[]
  /** Whether time ran out before everything was tried. */
  readonly cut: boolean
}
export type Shrinking = {
  /** All that happened, by number. */
  readonly happened: readonly number[]
  /** The last that had begun when something first was wrong. */
  readonly suspect: number
  /** Plays only these; whether it fails as before. */
  fails(faults: readonly number[]): Promise<boolean>
  /** Whether there is time for these. */
  affords(faults: readonly number[]): boolean
}

/** Luck plays along, so nothing is believed to be innocent after one try. */
const TRIES = 2

export async function shrink({ happened, suspect, fails, affords }: Shrinking): Promise<Shrunk> {
  const trials: Trial[] = []
  let cut = false

  async function failsAgain(faults: readonly number[]): Promise<boolean> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (!affords(faults)) {
        cut = true
        return false
      }
      const failed = await fails(faults)
      trials.push({ faults, failed })
      if (failed) return true
    }
    return false
  }

  let smallest: readonly number[] | null = null
  for (const window of windows(happened, suspect)) {
    if (!(await failsAgain(window))) continue
    smallest = window
    break
  }
  for (let i = 0; smallest !== null && i < smallest.length;) {
    const without: readonly number[] = smallest.toSpliced(i, 1)
    const known = trials.some(({ faults }) => faults.join() === without.join())
    if (!known && (await failsAgain(without))) smallest = without
    else i++
  }
  return { smallest, trials, cut }
}

/** None, then the suspect with ever more of what came before, at last everything. */
function windows(happened: readonly number[], suspect: number): number[][] {
  const before = happened.filter((number) => number <= suspect)
  const made: number[][] = [[]]
  for (let size = 1; size < before.length; size *= 2) made.push(before.slice(-size))
  if (before.length > 0) made.push(before)
  if (before.length < happened.length) made.push([...happened])
  return made
}
