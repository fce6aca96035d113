/** Garbage is collected when there is some and nobody is working, and at no other time. */
import { expect, test } from 'bun:test'
import { collectWhenCalm } from '../../src/infrastructure/calm.ts'

const MIB = 1_048_576

test('once for each crowd, when it has become calm', () => {
  let [heap, work, collected] = [30 * MIB, 0, false]
  const look = collectWhenCalm({
    collect() {
      collected = true
      heap = 20 * MIB
    },
    heapBytes: () => heap,
    workMs: () => work,
  })
  const story: [what: string, grownBy: number, workMs: number][] = [
    ['the start', 0, 500],
    ['calm', 0, 10],
    ['nothing new', 0, 10],
    ['not worth it', 1 * MIB, 10],
    ['a crowd', 9 * MIB, 500],
    ['calm again', 0, 10],
    ['nothing new', 0, 10],
  ]
  const collections = story.filter(([, grownBy, workMs]) => {
    collected = false
    heap += grownBy
    work += workMs
    look()
    return collected
  })
  expect(collections.map(([what]) => what)).toEqual(['calm', 'calm again'])
})
