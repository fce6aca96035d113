/** Latencies counted in buckets of at most 1.6 % width: cheap enough for a million values a second. */

const SUB = 64 // buckets per power of two
const SUB_BITS = 6

export class Histogram {
  private readonly buckets = new Float64Array(SUB * 28)
  private count = 0
  private highest = 0

  /** One value in milliseconds. Below zero (two clocks that disagree by a hair) counts as zero. */
  record(ms: number): void {
    const micros = ms <= 0 ? 0 : Math.min(ms * 1000, 0x7fff_ffff) | 0
    const at = bucketOf(micros)
    this.buckets[at] = (this.buckets[at] ?? 0) + 1
    this.count++
    if (ms > this.highest) this.highest = ms
  }

  get size(): number {
    return this.count
  }

  get max(): number {
    return this.highest
  }

  /** The value in milliseconds that the share `q` (0 to 1) of all values does not exceed; NaN when there is none. */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN
    let left = Math.max(1, Math.ceil(this.count * q))
    for (let at = 0; at < this.buckets.length; at++) {
      left -= this.buckets[at] ?? 0
      if (left <= 0) return Math.min(upperEdge(at) / 1000, this.highest)
    }
    return this.highest
  }
}

function bucketOf(micros: number): number {
  if (micros < SUB) return micros
  const shift = 31 - Math.clz32(micros) - SUB_BITS
  return (shift + 1) * SUB + ((micros >>> shift) - SUB)
}

function upperEdge(at: number): number {
  if (at < SUB) return at
  const shift = Math.floor(at / SUB) - 1
  return ((at % SUB) + SUB + 1) * 2 ** shift
}

/** The middle one of some measurements; of an even number the lower middle, so that it is one that was seen. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN
}
