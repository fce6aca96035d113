/** The schedule can be repeated, and a long story becomes a short one without saying more than was seen. */
import { describe, expect, test } from 'bun:test'
import { FAILOVER, FAULT_KINDS } from './fault-kinds.ts'
import { plan } from './schedule.ts'
import { shrink } from './shrink.ts'

const first = (count: number, seed: number) => [...plan(seed).take(count)]
const KINDS = Object.keys(FAULT_KINDS).length

describe('the schedule', () => {
  test('the same seed gives the same faults with the same chance, another seed others', () => {
    const played = (seed: number) => first(40, seed).map(({ number, name, random }) => `${number} ${name} ${random.next()}`)
    expect(played(7)).toEqual(played(7))
    expect(played(7)).not.toEqual(played(8))
  })
  test('each kind comes once before any comes again, and a failover among the first four', () => {
    for (let seed = 0; seed < 50; seed++) {
      const names = first(KINDS, seed).map(({ name }) => name)
      expect(new Set(names).size).toBe(KINDS)
      expect(names.slice(0, 4)).toContain(FAILOVER)
    }
  })
})

describe('shrinking', () => {
  const happened = Array.from({ length: 20 }, (_, i) => i + 1)
  const always = { happened, suspect: 12, affords: () => true }
  const needs =
    (...needed: number[]) =>
    async (faults: readonly number[]) =>
      needed.every((number) => faults.includes(number))

  test('finds those that are enough', async () => {
    expect((await shrink({ ...always, fails: needs(12) })).smallest).toEqual([12])
    expect((await shrink({ ...always, fails: needs(3, 12) })).smallest).toEqual([3, 12])
    expect((await shrink({ ...always, fails: needs(3, 17) })).smallest).toEqual([3, 17])
  })
  test('says when no fault is needed', async () => {
    expect(await shrink({ ...always, fails: async () => true })).toEqual({
      smallest: [],
      trials: [{ faults: [], failed: true }],
      cut: false,
    })
  })
  test('says when it never failed again', async () => {
    const { smallest, trials } = await shrink({ ...always, fails: async () => false })
    expect(smallest).toBe(null)
    expect(trials.map(({ faults }) => faults.length)).toEqual([0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 12, 12, 20, 20])
  })
  test('with luck in play, what it names did fail', async () => {
    let lot = 0
    const fails = async (faults: readonly number[]) => faults.includes(9) && lot++ % 2 === 1
    const { smallest, trials } = await shrink({ ...always, fails })
    expect(smallest).toContain(9)
    expect(trials.some(({ faults, failed }) => failed && faults.join() === smallest?.join())).toBe(true)
  })
  test('stops when there is no time, and says so', async () => {
    let left = 3
    const { smallest, trials, cut } = await shrink({ ...always, fails: needs(12, 11), affords: () => left-- > 0 })
    expect([smallest, trials.length, cut]).toEqual([null, 3, true])
  })
})
