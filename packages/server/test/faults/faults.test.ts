/** The promises under faults, for continuous integration: three minutes of them, and a judge that finds what is planted. */
import { expect, test } from 'bun:test'
import { PLANTS } from './guest.ts'
import { isGood, lineOf, type Outcome, runFaults, type RunOptions } from './run.ts'
import { smallestStory, told } from './smallest-story.ts'

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

/** A minute and a half; when it fails, with the seed and the smallest story that two minutes find. */
async function goesWell(options: Pick<RunOptions, 'seed' | 'redis'>): Promise<Outcome> {
  const whole: RunOptions = { ...options, minutes: 1.5, say }
  const outcome = await runFaults(whole)
  say(`seed ${outcome.seed}: ${lineOf(outcome)}`)
  if (isGood(outcome)) return outcome
  const command = `npm run faults -- --seed ${outcome.seed} --redis ${outcome.redis}`
  const story = told(await smallestStory(outcome, whole, 2 * MINUTE, say), outcome, command)
  const { happened, ...rest } = outcome
  throw new Error([`Not as promised: ${JSON.stringify({ ...rest, last: happened.slice(-5) }, null, 2)}`, ...story].join('\n'))
}

test(
  'a minute and a half of faults, always the same, with a cluster of Redis and a failover of PostgreSQL',
  async () => {
    const { happened } = await goesWell({ seed: 20_261, redis: 'cluster' })
    expect(happened.some(({ kind }) => kind === 'PostgreSQL fails over')).toBe(true)
  },
  10 * MINUTE,
)

test(
  'a minute and a half of faults, never the same',
  async () => void (await goesWell({ seed: Math.floor(Math.random() * 1_000_000) })),
  10 * MINUTE,
)
