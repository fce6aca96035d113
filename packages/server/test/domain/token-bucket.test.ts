/** Buckets of tokens: never more than allowed, never less than promised. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Bucket, bucketOf, remaining, take } from '../../src/domain/token-bucket.ts'

const T0 = Date.UTC(2026, 10, 21)
const bucket = (burst: number, perSecond: number): Bucket => bucketOf(burst, perSecond) ?? { burst: 0, everyMs: 0 }

test('a rate of 0 is no limit', () => {
  expect(bucketOf(0, 2)).toBeNull()
  expect(bucketOf(40, 0)).toBeNull()
})

test('a burst passes, the next one waits for exactly one token', () => {
  const messages = bucket(40, 2)
  let state = 0
  for (let sent = 0; sent < 40; sent++) {
    const taken = take(state, T0, messages)
    expect(taken.waitMs).toBe(0)
    state = taken.fullAt
  }
  expect(remaining(state, T0, messages)).toBe(0)
  expect(take(state, T0, messages).waitMs).toBeCloseTo(500)
  expect(take(state, T0 + 500, messages).waitMs).toBe(0)
  expect(take(take(state, T0 + 500, messages).fullAt, T0 + 500, messages).waitMs).toBeCloseTo(500)
  expect(remaining(state, T0 + 20_000, messages)).toBe(40)
})

test('in any stretch of time no more pass than the burst and what came back, and waiting as told always helps', () => {
  const asks = fc.array(fc.nat(2_000), { minLength: 1, maxLength: 300, size: 'max' })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 100 }), asks, (burst, perSecond, pauses) => {
      const of = bucket(burst, perSecond)
      const passed: number[] = []
      let now = T0
      let state = 0
      for (const pause of pauses) {
        now += pause
        const { fullAt, waitMs } = take(state, now, of)
        if (waitMs === 0) passed.push(now)
        else expect(take(fullAt, now + Math.ceil(waitMs), of).waitMs).toBe(0)
        state = fullAt
      }
      for (const [i, from] of passed.entries()) {
        const to = passed.at(-1) ?? from
        expect(passed.length - i).toBeLessThanOrEqual(burst + ((to - from) / 1000) * perSecond + 0.01)
      }
    }),
  )
})
