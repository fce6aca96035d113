/** Garbage is collected when work has left some and nobody is working, and at no other time. */
import { expect, test } from 'bun:test'
import { collectWhenCalm } from '../../src/infrastructure/calm.ts'

test('once for each crowd, when it has become calm, for a quarter of its work', () => {
  let [work, collected, costMs] = [0, false, 20]
  const look = collectWhenCalm({
    collect() {
      collected = true
      work += costMs
    },
    workMs: () => work,
  })
  const story: [what: string, workMs: number, costMs?: number][] = [
    ['the start', 500],
    ['calm', 10],
    ['nothing new', 10],
    ['a few', 50],
    ['not worth it', 10],
    ['a crowd', 500],
    ['calm again', 10, 100],
    ['a crowd that is small beside what there is', 300],
    ['not worth it now', 10],
    ['and another', 300],
    ['calm at last', 10],
  ]
  const collections = story.filter(([, workMs, cost = costMs]) => {
    collected = false
    costMs = cost
    work += workMs
    look()
    return collected
  })
  expect(collections.map(([what]) => what)).toEqual(['calm', 'calm again', 'calm at last'])
})
