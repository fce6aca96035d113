/** Durable sends as fast as they are answered, in many rooms and in one, against the same rows inserted in batches by hand. */
import { join } from 'node:path'
import pg from 'pg'
import { median } from '../load/histogram.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { startChild } from '../stage/child.ts'
import { ROOT } from '../stage/stage.ts'
import { type Plan, type Running, separateRooms } from '../targets/target.ts'
import { type Context, everybody, type Scenario, WARM_UP_SECONDS, withServer } from './scenario.ts'
import { type Trial, trialSaturated } from './trial.ts'

const LARGE_BATCH = 64
const GOAL = 0.5

type Work = { readonly name: string; readonly plan: Plan; readonly window: number }
/** Of each room one person is there: the cost of deliveries is another scenario's matter. */
const WORKS: readonly Work[] = [
  { name: 'many rooms', plan: separateRooms(256, 1), window: 2 },
  { name: 'one hot room', plan: separateRooms(1, 8), window: 32 },
]

type Round = { trial: Trial; batch: number; equal: number; large: number }

export const writes: Scenario = async (context) => {
  const measured = []
  for (const work of WORKS) {
    const rounds: Round[] = []
    for (let round = 0; round < context.rounds; round++) rounds.push(await measure(context, work))
    const of = (value: (round: Round) => number) => median(rounds.map(value))
    measured.push({
      name: work.name,
      sendsPerS: of(({ trial }) => trial.sendsPerS),
      batch: of(({ batch }) => batch),
      equal: of(({ equal }) => equal),
      large: of(({ large }) => large),
      ratioEqual: of(({ trial, equal }) => trial.sendsPerS / equal),
      ratioLarge: of(({ trial, large }) => trial.sendsPerS / large),
      rounds,
    })
  }
  return {
    name: 'writes',
    goals: measured.map(({ name, ratioLarge }) => ({
      what: `durable sends, ${name}, against raw inserts in batches of ${LARGE_BATCH}`,
      goal: `>= ${GOAL} x`,
      measured: `${fixed(ratioLarge, 2)} x`,
      met: ratioLarge >= GOAL,
    })),
    tables: [
      {
        title: 'writes: durable sends as fast as they are answered (medians)',
        head: [
          '',
          'sends/s',
          'answer p50 / p99',
          'sends a commit',
          'raw rows/s in equal batches',
          `in batches of ${LARGE_BATCH}`,
          'ratio, equal',
          `ratio, ${LARGE_BATCH}`,
          'all exact',
        ],
        rows: measured.map(({ name, sendsPerS, batch, equal, large, ratioEqual, ratioLarge, rounds }) => [
          name,
          thousands(sendsPerS),
          `${milliseconds(median(rounds.map(({ trial }) => trial.answerP50Ms)))} / ${milliseconds(median(rounds.map(({ trial }) => trial.answerP99Ms)))}`,
          thousands(batch),
          thousands(equal),
          thousands(large),
          fixed(ratioEqual, 2),
          fixed(ratioLarge, 2),
          rounds.every(({ trial }) => trial.exact) ? 'yes' : 'no',
        ]),
      },
    ],
    plots: [],
    measured,
  }
}

const measure = (context: Context, { name, plan, window }: Work): Promise<Round> =>
  withServer(context, context.teahouse, plan, async (running, crowd) => {
    const trial = await trialSaturated(running, crowd, window, {
      seconds: context.seconds,
      warmUpSeconds: WARM_UP_SECONDS,
      senders: everybody(crowd),
    })
    const batch = await sendsACommit(running)
    const equal = await rawInserts(context, running, Math.max(1, Math.round(batch)))
    const large = await rawInserts(context, running, LARGE_BATCH)
    context.say(
      `${name}: ${thousands(trial.sendsPerS)} sends/s, ${fixed(batch, 1)} a commit; raw: ${thousands(equal)} rows/s so, ${thousands(large)} in batches of ${LARGE_BATCH}`,
    )
    return { trial, batch, equal, large }
  })

/** How many messages one transaction wrote, on average: each row names its transaction. */
async function sendsACommit(running: Running): Promise<number> {
  const client = new pg.Client(running.databaseUrl ?? '')
  await client.connect()
  try {
    const { rows } = await client.query<{ batch: number }>(
      `select (count(*)::float8 / greatest(1, count(distinct xmin::text))) as batch from ${running.logTables[0] ?? ''}`,
    )
    return rows[0]?.batch ?? Number.NaN
  } finally {
    await client.end()
  }
}

/** Rows a second, with their event and outbox rows, by one connection of a process on the servers' core. */
async function rawInserts({ stage, seconds }: Context, running: Running, batch: number): Promise<number> {
  const child = await startChild({
    cores: stage.cores,
    command: [process.execPath, join(ROOT, 'bench/peers/raw-inserts.ts')],
    cwd: ROOT,
    environment: {
      DATABASE_URL: running.databaseUrl ?? '',
      TABLES: running.logTables.join(','),
      BATCH: String(batch),
      SECONDS: String(seconds),
    },
    readyLine: /^ready (.+)$/,
    log: stage.log('raw-inserts'),
  })
  await child.stop()
  return Number(child.ready[1])
}
