/**
 * `npm run faults`: the fleet under load, while a seeded schedule breaks it in every way we know; then everything that anybody saw is held
 * against the log, Kafka's topics and `teahouse check`.
 *
 *     npm run faults -- --minutes 3 --seed 7
 *     npm run faults -- --minutes 1 --only "Redis is killed,Redis forgets"
 *     npm run faults -- --minutes 0.3 --plant all      (the judge must find each)
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FAULT_KINDS } from './fault-kinds.ts'
import { PLANTS } from './guest.ts'
import { isGood, runFaults } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    only: { type: 'string' },
    plant: { type: 'string' },
    guests: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
})
const only = values.only?.split(',').map((name) => name.trim())
const unknown = only?.filter((name) => !Object.hasOwn(FAULT_KINDS, name)) ?? []
const plants = PLANTS.filter((name) => name === values.plant || values.plant === 'all')
if (unknown.length > 0 || (values.plant && plants.length === 0)) {
  console.error(
    `There is no ${[...unknown, values.plant].join(', ')}. Faults: ${Object.keys(FAULT_KINDS).join(', ')}. Plants: ${PLANTS.join(', ')}.`,
  )
  process.exit(1)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
console.log(`${minutes} minutes of faults, seed ${seed}`)
const outcome = await runFaults({ minutes, seed, only, plants, guests: Number(values.guests), say: (line) => console.log(line) })
const folder = resolve(import.meta.dir, '../../../../artifacts')
const file = values.out ?? join(folder, `faults-${seed}.json`)
mkdirSync(folder, { recursive: true })
writeFileSync(file, `${JSON.stringify(outcome, null, 2)}\n`)
const { faults, sent, acknowledged, lost, doubled, reordered, holes, heard_after_removal, kafka_missing, kafka_disordered, other } = outcome
const { p50, p99, max, unrecovered } = outcome.recovery_ms
console.log(
  `faults ${faults}, sent ${sent}, acknowledged ${acknowledged}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, holes ${holes}, heard after removal ${heard_after_removal}, Kafka missing ${kafka_missing}, Kafka disordered ${kafka_disordered}, other ${other}, check ${outcome.promises === 'kept' ? 'kept' : 'BROKEN'}, recovery p50/p99/max ${p50}/${p99}/${max} ms, never ${unrecovered}`,
)
if (!isGood(outcome)) {
  console.log(`Not as promised; again with: npm run faults -- --minutes ${minutes} --seed ${seed}`)
  for (const story of outcome.stories) console.log(`  ${story}`)
  if (outcome.promises !== 'kept') console.log(outcome.promises)
}
process.exit(isGood(outcome) ? 0 : 1)
