/** Ids: UUIDv7, so that new rows lie beside each other in every index. */
import { randomBytes } from 'node:crypto'

let lastMs = 0
let counter = 0
const pool = new Uint8Array(8 * 256)
let used = pool.length
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Ascending within this process: 48 bits of milliseconds, 12 of a counter, 62 of chance. */
export function newId(now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now
    counter = 0
  } else if (++counter > 0xfff) {
    lastMs++ // more than 4096 in a millisecond: borrow from the next
    counter = 0
  }
  if (used === pool.length) {
    pool.set(randomBytes(pool.length))
    used = 0
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const hex = (i: number) => HEX[pool[used + i] ?? 0] ?? ''
  const variant = HEX[((pool[used] ?? 0) & 0x3f) | 0x80] ?? ''
  // joined, so that it is one text and not a tree of pieces, which would be kept with it
  const id = [
    time.slice(0, 8),
    time.slice(8),
    `7${counter.toString(16).padStart(3, '0')}`,
    `${variant}${hex(1)}`,
    `${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`,
  ].join('-')
  used += 8
  return id
}
