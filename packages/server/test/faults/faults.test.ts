/** The promises under faults, for continuous integration: three minutes of them, and a judge that finds what is planted. */
import { expect, test } from 'bun:test'
import { PLANTS } from './guest.ts'
import { isGood, type Outcome, runFaults } from './run.ts'

const MINUTE = 60_000
const say = (line: string) => console.log(line)

test(
  'bugs that are planted are found: a reply before its commit, a lost event, a swapped pair, a repeat without its key',
  async () => {
    const outcome = await runFaults({ minutes: 0.2, seed: 5, only: ['Redis forgets'], plants: PLANTS, say })
    expect(isGood(outcome)).toBe(false)
    for (const kind of ['lost', 'holes', 'reordered', 'doubled'] as const)
      expect({ kind, count: outcome[kind] }).not.toEqual({ kind, count: 0 })
  },
  4 * MINUTE,
)

/** With the seed and the story, so that a failure can be looked at. */
function expectGood(outcome: Outcome): void {
  const { happened, ...rest } = outcome
  if (!isGood(outcome)) throw new Error(`Not as promised: ${JSON.stringify({ ...rest, last: happened.slice(-5) }, null, 2)}`)
  console.log(
    `seed ${outcome.seed}: faults ${outcome.faults}, acknowledged ${outcome.acknowledged}, recovery max ${outcome.recovery_ms.max} ms`,
  )
}

test(
  'a minute and a half of faults, always the same',
  async () => expectGood(await runFaults({ minutes: 1.5, seed: 20_261, say })),
  8 * MINUTE,
)

test(
  'a minute and a half of faults, never the same',
  async () => expectGood(await runFaults({ minutes: 1.5, seed: Math.floor(Math.random() * 1_000_000), say })),
  8 * MINUTE,
)
