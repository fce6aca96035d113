/** Refresh tokens: which may be exchanged, which shows that somebody else has it. */
import { expect, test } from 'bun:test'
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
