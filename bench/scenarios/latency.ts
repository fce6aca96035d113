/** What a person feels at half the load: answers and deliveries, with the database embedded and as a server. */
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { separateRooms, type Target } from '../targets/target.ts'
import { type Context, everybody, type Goal, type Scenario, WARM_UP_SECONDS, withServer } from './scenario.ts'
import { type Trial, trialAt } from './trial.ts'

const HALF_OF_GOAL = 6000
const LOW = 100 // sends a second: a message waits for nothing

export const latency: Scenario = async (context) => {
  const half = Math.round((context.known.officeCapacity ?? HALF_OF_GOAL * 2) / 2)
  const places: [string, Target][] = [['database server', context.teahouse]]
  if (context.embedded) places.push(['embedded database', context.embedded])
  const measured: { place: string; rate: number; trial: Trial }[] = []
  for (const [place, target] of places)
    for (const trial of await run(context, target, [LOW, half])) measured.push({ place, rate: trial.offeredPerS ?? 0, trial })
  return {
    name: 'latency',
    goals: measured.filter(({ rate }) => rate === half).flatMap(({ place, trial }) => goals(place, trial)),
    tables: [
      {
        title: `latency in the office: at ${thousands(LOW)} sends/s, and at half of its capacity (${thousands(half)}); medians of ${context.rounds} by delivery p99`,
        head: ['', 'sends/s', 'answer p50 / p99', 'delivery p50 / p99', 'generator late p99', 'others on the core', 'all exact'],
        rows: measured.map(({ place, rate, trial }) => [
          place,
          thousands(rate),
          `${milliseconds(trial.answerP50Ms)} / ${milliseconds(trial.answerP99Ms)}`,
          `${milliseconds(trial.deliveryP50Ms)} / ${milliseconds(trial.deliveryP99Ms)}`,
          milliseconds(trial.lateP99Ms),
          fixed(trial.othersShare, 2),
          trial.exact ? 'yes' : 'no',
        ]),
      },
    ],
    plots: [],
    measured,
  }
}

const run = (context: Context, target: Target, rates: readonly number[]): Promise<Trial[]> =>
  withServer(context, target, separateRooms(100, 10), async (running, crowd) => {
    const options = { seconds: context.seconds, warmUpSeconds: WARM_UP_SECONDS, senders: everybody(crowd) }
    const medians: Trial[] = []
    for (const rate of rates) {
      const trials: Trial[] = []
      for (let round = 0; round < context.rounds; round++) trials.push(await trialAt(running, crowd, rate, options))
      const middle = trials.toSorted((a, b) => a.deliveryP99Ms - b.deliveryP99Ms)[(trials.length - 1) >> 1]
      if (middle) medians.push(middle)
      context.say(`${target.name} at ${rate}/s: delivery p99 ${trials.map((trial) => milliseconds(trial.deliveryP99Ms)).join(' ')}`)
    }
    return medians
  })

const goals = (place: string, { answerP50Ms, answerP99Ms, deliveryP50Ms, deliveryP99Ms }: Trial): Goal[] => [
  {
    what: `half of the office, ${place}, p50 of answer and delivery`,
    goal: '<= 2 ms',
    measured: `${milliseconds(answerP50Ms)}, ${milliseconds(deliveryP50Ms)}`,
    met: Math.max(answerP50Ms, deliveryP50Ms) <= 2,
  },
  {
    what: `half of the office, ${place}, p99 of answer and delivery`,
    goal: '<= 10 ms',
    measured: `${milliseconds(answerP99Ms)}, ${milliseconds(deliveryP99Ms)}`,
    met: Math.max(answerP99Ms, deliveryP99Ms) <= 10,
  },
]
