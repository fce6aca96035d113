/** Refresh tokens: which may be exchanged, which shows that somebody else has it. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ASK_AGAIN_WITHIN_MS, ASLEEP_AFTER_MS, judgeRefresh } from '../../src/domain/session.ts'

const rotated_at = '2026-11-21T08:00:00.000Z'
const after = (ms: number) => new Date(Date.parse(rotated_at) + ms).toISOString()
const session = { generation: 7, rotated_at, ended_at: null }

test('the present token is exchanged, however late within its life', () => {
  expect(judgeRefresh(session, 7, after(0))).toBe('rotate')
  expect(judgeRefresh(session, 7, after(ASLEEP_AFTER_MS))).toBe('rotate')
})
test('the one before gets the same successor again, for a moment', () => {
  expect(judgeRefresh(session, 6, after(ASK_AGAIN_WITHIN_MS))).toBe('again')
  expect(judgeRefresh(session, 6, after(ASK_AGAIN_WITHIN_MS + 1))).toBe('reused')
})
test('any other is in two hands', () => {
  expect(judgeRefresh(session, 5, after(0))).toBe('reused')
  expect(judgeRefresh(session, 8, after(0))).toBe('reused')
})
test('nothing opens a session that has ended or that nobody used for 90 days', () => {
  expect(judgeRefresh({ ...session, ended_at: after(1) }, 7, after(2))).toBe('over')
  expect(judgeRefresh(session, 7, after(ASLEEP_AFTER_MS + 1))).toBe('over')
})

describe('a session as its devices and thieves use it', () => {
  type Step = { waitMs: number; lost: boolean }
  const steps = (maxWaitMs: number) =>
    fc.array(fc.record({ waitMs: fc.nat(maxWaitMs), lost: fc.boolean() }), { maxLength: 60, size: 'max' })

  /** What the server keeps, and how it answers. */
  function server() {
    const kept = { generation: 0, rotated_at: after(0), ended_at: null as string | null }
    return (presented: number, now: string): number | null => {
      const verdict = judgeRefresh(kept, presented, now)
      if (verdict === 'rotate') Object.assign(kept, { generation: kept.generation + 1, rotated_at: now })
      if (verdict === 'reused') kept.ended_at = now
      return verdict === 'rotate' || verdict === 'again' ? kept.generation : null
    }
  }

  test('whoever loses replies and asks again soon is never locked out', () => {
    fc.assert(
      fc.property(steps(ASK_AGAIN_WITHIN_MS / 60), (all: Step[]) => {
        const refresh = server()
        let [held, ms] = [0, 0]
        for (const { waitMs, lost } of all) {
          ms += waitMs
          const given = refresh(held, after(ms))
          expect(given).not.toBeNull()
          if (!lost && given !== null) {
            held = given
            ms += 3_600_000
          }
        }
      }),
    )
  })

  test('when a copied token is used by two, the session ends before both have used it twice', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.integer({ min: ASK_AGAIN_WITHIN_MS + 1, max: ASLEEP_AFTER_MS }), (before, pauseMs) => {
        const refresh = server()
        for (let n = 0; n < before; n++) refresh(n, after(n))
        const outcomes: (number | null)[] = []
        const held = { owner: before, thief: before }
        for (const [turn, who] of (['thief', 'owner', 'thief', 'owner'] as const).entries()) {
          const given = refresh(held[who], after(before + turn * pauseMs))
          outcomes.push(given)
          held[who] = given ?? held[who]
        }
        expect(outcomes).toEqual([before + 1, null, null, null])
      }),
    )
  })
})
