/**
 * `npm run faults`: the fleet under load, while a seeded schedule breaks it in every way we know; then everything that anybody saw is held
 * against the log, Kafka's topics and `teahouse check`.
 *
 *     npm run faults -- --minutes 3 --seed 7
 *     npm run faults -- --minutes 3 --redis cluster            (single or cluster; by the seed without it)
 *     npm run faults -- --minutes 1 --only "Redis is killed,Redis forgets"
 *     npm run faults -- --seed 7 --faults 3,7,9                (only these of seed 7's schedule; none: no fault at all)
 *     npm run faults -- --minutes 0.3 --plant all              (the judge must find each)
 *
 * A run that fails is played again in parts for ten minutes at most (`--shrink MINUTES`, 0: not at all).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FAULT_KINDS } from './fault-kinds.ts'
import { PLANTS } from './guest.ts'
import { isGood, lineOf, redisShapeOf, runFaults } from './run.ts'
import { smallestStory, told } from './smallest-story.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    only: { type: 'string' },
    faults: { type: 'string' },
    plant: { type: 'string' },
    guests: { type: 'string', default: '10' },
    instances: { type: 'string', default: '3' },
    redis: { type: 'string' },
    shrink: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
})
const only = values.only?.split(',').map((name) => name.trim())
const faults = values.faults === 'none' ? [] : values.faults?.split(',').map(Number)
const plants = PLANTS.filter((name) => name === values.plant || values.plant === 'all')
const [minutes, seed, guests, instances, shrinkMinutes] = [values.minutes, values.seed, values.guests, values.instances, values.shrink].map(
  Number,
) as [number, number, number, number, number]
const redis = values.redis === 'cluster' || values.redis === 'single' ? values.redis : redisShapeOf(seed)
refuseWhatIsUnknown()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const command = ['npm run faults --', ...given('seed', 'redis', 'only', 'guests', 'instances', 'plant')].join(' ')
console.log(`${faults ? `faults ${values.faults}` : `${minutes} minutes of faults`}, seed ${seed}, Redis: ${redis}`)
const options = { minutes, seed, only, faults, plants, guests, instances, redis, say: (line: string) => console.log(line) }
const outcome = await runFaults(options)
console.log(lineOf(outcome))
write(outcome)
if (!isGood(outcome)) {
  console.log(`Not as promised; again with: ${command} ${faults ? `--faults ${values.faults}` : `--minutes ${minutes}`}`)
  for (const story of outcome.stories) console.log(`  ${story}`)
  if (outcome.promises !== 'kept') console.log(outcome.promises)
  if (shrinkMinutes > 0) {
    console.log(`Playing parts of it again, for ${shrinkMinutes} minutes at most; suspected is fault ${outcome.suspect}`)
    const shrunk = await smallestStory(outcome, options, shrinkMinutes * 60_000, (line) => console.log(line))
    for (const line of told(shrunk, outcome, command)) console.log(line)
    write({ ...outcome, shrunk })
  }
}
process.exit(isGood(outcome) ? 0 : 1)

function write(what: object): void {
  const folder = resolve(import.meta.dir, '../../../../artifacts')
  mkdirSync(folder, { recursive: true })
  writeFileSync(values.out ?? join(folder, `faults-${seed}.json`), `${JSON.stringify(what, null, 2)}\n`)
}

/** These options as they were given; the seed and the shape of Redis always, as they may have come by chance. */
function given(...names: (keyof typeof values)[]): string[] {
  const said = { ...values, seed: String(seed), redis }
  return names.flatMap((name) => {
    const value = said[name]
    const usual = (name === 'guests' && value === '10') || (name === 'instances' && value === '3')
    return value === undefined || usual ? [] : [`--${name} ${/[^\w.]/.test(value) ? JSON.stringify(value) : value}`]
  })
}

function refuseWhatIsUnknown(): void {
  const problems = [
    ...(only ?? []).filter((name) => !Object.hasOwn(FAULT_KINDS, name)).map((name) => `There is no fault "${name}".`),
    ...(values.plant && plants.length === 0 ? [`There is no plant "${values.plant}".`] : []),
    ...(values.redis && values.redis !== redis ? [`Redis is single or cluster, not "${values.redis}".`] : []),
    ...([minutes, seed, guests, instances, shrinkMinutes, ...(faults ?? [])].some((number) => !(number >= 0))
      ? ['A number is expected.']
      : []),
  ]
  if (problems.length === 0) return
  for (const problem of problems) console.error(problem)
  console.error(`Faults: ${Object.keys(FAULT_KINDS).join(', ')}.\nPlants: ${PLANTS.join(', ')}.`)
  process.exit(1)
}
