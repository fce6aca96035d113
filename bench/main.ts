/** Measures Teahouse and its peers on this machine: `npm run bench -- [scenario …] [--seconds N] [--rounds N] [--quick] …`. */
import { parseArgs } from 'node:util'
import { hottest } from './report/hottest.ts'
import { renderTable } from './report/table.ts'
import { goalsTable, machine, write } from './report/report.ts'
import { fanout } from './scenarios/fanout.ts'
import { fleet } from './scenarios/fleet.ts'
import { idle } from './scenarios/idle.ts'
import { hot, office } from './scenarios/ladder.ts'
import { latency } from './scenarios/latency.ts'
import { reads } from './scenarios/reads.ts'
import { returning } from './scenarios/return.ts'
import type { Context, Outcome, Scenario } from './scenarios/scenario.ts'
import { writes } from './scenarios/writes.ts'
import { openStage } from './stage/stage.ts'
import { program } from './targets/program.ts'
import { teahouseEmbedded, teahouseOnServer } from './targets/teahouse.ts'

const SCENARIOS: Readonly<Record<string, Scenario>> = { office, hot, fanout, writes, latency, idle, return: returning, reads, fleet }
const USAGE = `npm run bench -- [${Object.keys(SCENARIOS).join(' ')}] [--seconds N] [--rounds N] [--quick] [--messages N] [--profile] [--server FILE]

Without a name: all of them. --seconds: measured seconds of one trial (5). --rounds: interleaved rounds over all servers (3).
--quick: 2 seconds, 1 round, smaller populations. --messages: to how many the tables grow for the reads (1,000,000).
--profile: also say in which functions Teahouse spent its time.
--server: measure another program that speaks enough of the protocol.
Tables go to the terminal; figures and plots to artifacts/bench/.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    messages: { type: 'string' },
    server: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !(name in SCENARIOS))
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no scenario ${unknown.join(', ')}.\n\n${USAGE}` : USAGE)
  process.exit(values.help ? 0 : 1)
}
const names = positionals.length > 0 ? positionals : Object.keys(SCENARIOS)
const started = new Date()
const stage = await openStage(values.profile)
let stopped = false
process.once('SIGINT', () => {
  stopped = true
  console.error('\nstopping after this; press again to end at once')
  process.once('SIGINT', () => process.exit(130)) // whatever runs ends with our end of its standard input
})

const context: Context = {
  stage,
  teahouse: values.server === undefined ? teahouseOnServer : program(values.server),
  embedded: values.server === undefined ? teahouseEmbedded : null,
  seconds: Number(values.seconds ?? (values.quick ? 2 : 5)),
  rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
  quick: values.quick,
  messages: Number(values.messages ?? 1_000_000),
  known: {},
  say: (line) => console.error(`${((Date.now() - started.getTime()) / 1000).toFixed(0).padStart(5)} s  ${line}`),
}

const outcomes: Outcome[] = []
const failures: string[] = []
for (const name of names) {
  const scenario = SCENARIOS[name]
  if (stopped || scenario === undefined) continue
  context.say(`— ${name} —`)
  try {
    const outcome = await scenario(context)
    outcomes.push(outcome)
    for (const table of outcome.tables) console.error(`\n${renderTable(table)}\n`)
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    console.error(error)
  }
}
await stage.close()

const files = await write(started, { machine: machine(stage.cores), seconds: context.seconds, rounds: context.rounds }, outcomes, failures)
for (const outcome of outcomes) for (const table of outcome.tables) console.log(`\n${renderTable(table)}`)
console.log(`\n${renderTable(goalsTable(outcomes))}`)
if (stage.profiles) for (const table of await hottest(stage.profiles)) console.log(`\n${renderTable(table)}`)
for (const failure of failures) console.log(`failed: ${failure}`)
console.log(`\n${files.join('\n')}`)
process.exit(failures.length > 0 ? 1 : 0)
