/** Durations as they are said. */
import { expect, test } from 'bun:test'
import { duration } from '../src/i18n/times.ts'

test.each([
  [0.03, '1 second'],
  [1, '1 second'],
  [44.2, '45 seconds'],
  [600.2, '10 minutes'],
  [601, '10 minutes'],
  [620, '11 minutes'],
  [3_600.2, '60 minutes'],
  [86_400.4, '24 hours'],
  [90_000, '25 hours'],
  [604_800.4, '7 days'],
  [604_000, '7 days'],
])('%p seconds are %p', (seconds, said) => {
  expect(duration(seconds)).toBe(said)
})
