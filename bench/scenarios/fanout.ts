/** Deliveries per CPU second to rooms of 10, 100 and 1,000, against the runtime's own publish of frames of equal size at the same rate. */
import { median } from '../load/histogram.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { barePublish } from '../targets/peers.ts'
import { separateRooms, type Target } from '../targets/target.ts'
import { type Context, type Scenario, sendersOf, WARM_UP_SECONDS, withServer } from './scenario.ts'
import { type Trial, trialAt } from './trial.ts'

const PEOPLE = 1000
const MAX_SENDERS = 100
/** Sends a second that both sides hold with room to spare, so that equal work is compared. */
const STEPS = [
  { size: 10, rate: 4000 },
  { size: 100, rate: 1000 },
  { size: 1000, rate: 300 },
] as const
const GOAL = 0.8

export const fanout: Scenario = async (context) => {
  const measured = []
  for (const { size, rate } of STEPS) {
    const ours: Trial[] = []
    const bare: Trial[] = []
    for (let round = 0; round < context.rounds; round++) {
      const own = await run(context, context.teahouse, size, rate)
      ours.push(own)
      bare.push(await run(context, barePublish(own.frameBytes), size, rate))
    }
    const perCpuS = (trials: Trial[], value: (trial: Trial) => number) => median(trials.map(value))
    const server = perCpuS(ours, (trial) => trial.deliveriesPerServerCpuS)
    const whole = perCpuS(ours, (trial) => trial.deliveriesPerCpuS)
    const limit = perCpuS(bare, (trial) => trial.deliveriesPerServerCpuS)
    measured.push({ size, rate, server, whole, limit, ours, bare })
  }
  return {
    name: 'fanout',
    goals: measured.map(({ size, server, limit }) => ({
      what: `fan-out to rooms of ${thousands(size)}, deliveries per CPU s of the server process`,
      goal: `>= ${GOAL} x bare publish`,
      measured: `${fixed(server / limit, 2)} x`,
      met: server / limit >= GOAL,
    })),
    tables: [
      {
        title: `fan-out: ${thousands(PEOPLE)} sockets, the same sends a second on both sides, deliveries per CPU second (medians)`,
        head: [
          'room',
          'sends/s',
          'Teahouse, server',
          'with its database',
          'bare publish',
          'ratio',
          'ratio with database',
          'delivery p99',
          'bare',
          'all exact',
        ],
        rows: measured.map(({ size, rate, server, whole, limit, ours, bare }) => [
          thousands(size),
          thousands(rate),
          thousands(server),
          thousands(whole),
          thousands(limit),
          fixed(server / limit, 2),
          fixed(whole / limit, 2),
          milliseconds(median(ours.map((trial) => trial.deliveryP99Ms))),
          milliseconds(median(bare.map((trial) => trial.deliveryP99Ms))),
          ours.every((trial) => trial.exact) ? 'yes' : 'no',
        ]),
      },
    ],
    plots: [
      {
        file: 'fanout',
        title: 'Deliveries per CPU second of the server process',
        x: { title: 'members of a room', log: true },
        y: { title: 'deliveries per CPU second', log: true },
        series: [
          { name: 'Teahouse', points: measured.map(({ size, server }) => [size, server]) },
          { name: 'Teahouse with its database', points: measured.map(({ size, whole }) => [size, whole]) },
          { name: 'bare publish', points: measured.map(({ size, limit }) => [size, limit]) },
        ],
      },
    ],
    measured,
  }
}

const run = (context: Context, target: Target, size: number, rate: number): Promise<Trial> =>
  withServer(context, target, separateRooms(PEOPLE / size, size), async (running, crowd) => {
    const senders = sendersOf(crowd, PEOPLE).filter(({ client }) => client.index % size < MAX_SENDERS / 10)
    const trial = await trialAt(running, crowd, rate, { seconds: context.seconds, warmUpSeconds: WARM_UP_SECONDS, senders })
    context.say(
      `${target.name}, rooms of ${size}: ${thousands(trial.deliveriesPerServerCpuS)} deliveries per CPU s, ${thousands(trial.deliveriesPerS)}/s`,
    )
    return trial
  })
