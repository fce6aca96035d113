/** Which rows of a long list to draw, and how far down each lies; rows that were never drawn are guessed until they are measured. */

export type Row = { key: string; guess: number }

/** Positions of a list of rows. Heights are remembered by key, so rows may come at both ends without moving the others. */
export type Positions = {
  /** The rows as they are now. */
  set(rows: readonly Row[]): void
  /** What was measured; true when it differs from what was believed. */
  measure(key: string, height: number): boolean
  /** Pixels from the top of the list to the top of row `index`; of the end, for `index` = length. */
  top(index: number): number
  total(): number
  /** The row at this distance from the top. */
  at(offset: number): number
  indexOf(key: string): number
  /** Forgets all heights: the width has changed, or the type. */
  forget(): void
}

export function createPositions(): Positions {
  const measured = new Map<string, number>()
  let rows: readonly Row[] = []
  let index = new Map<string, number>()
  let tops = new Float64Array(1)
  /** Tops up to this row are right. */
  let sure = 0

  const heightOf = (row: Row | undefined) => (row ? (measured.get(row.key) ?? row.guess) : 0)
  const ensure = (upTo: number) => {
    for (; sure < upTo; sure++) tops[sure + 1] = (tops[sure] ?? 0) + heightOf(rows[sure])
  }
  const top = (at: number) => {
    const row = Math.max(0, Math.min(at, rows.length))
    ensure(row)
    return tops[row] ?? 0
  }
  return {
    set(next) {
      // rows are mostly added at the end: what lies before the first difference stays
      let same = 0
      while (same < rows.length && same < next.length && rows[same]?.key === next[same]?.key) same++
      sure = Math.min(sure, same)
      if (next.length + 1 > tops.length) {
        const larger = new Float64Array((next.length + 1) * 2)
        larger.set(tops.subarray(0, sure + 1))
        tops = larger
      }
      if (same < rows.length) {
        index = new Map(next.map((row, at) => [row.key, at]))
      } else for (let at = same; at < next.length; at++) index.set(next[at]?.key ?? '', at)
      rows = next
    },
    measure(key, height) {
      const at = index.get(key)
      const before = measured.get(key) ?? (at === undefined ? undefined : rows[at]?.guess)
      measured.set(key, height)
      if (before === height) return false
      if (at !== undefined) sure = Math.min(sure, at)
      return true
    },
    top,
    total: () => top(rows.length),
    at(offset) {
      ensure(rows.length)
      let low = 0
      let high = Math.max(0, rows.length - 1)
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((tops[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return low
    },
    indexOf: (key) => index.get(key) ?? -1,
    forget() {
      measured.clear()
      sure = 0
    },
  }
}
