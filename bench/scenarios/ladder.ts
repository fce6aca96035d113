/** Capacities of several servers on the same work, in interleaved rounds: the office (many small rooms) and the hot room (one large). */
import { median } from '../load/histogram.ts'
import { barePublish, socketIoInsert, wsInsert } from '../targets/peers.ts'
import { type Plan, separateRooms, type Target } from '../targets/target.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import type { Plot } from '../report/plot.ts'
import type { Table } from '../report/table.ts'
import { type Capacity, findCapacity, rungsNear } from './capacity.ts'
import { type Context, type Outcome, type Scenario, sendersOf, WARM_UP_SECONDS, withServer } from './scenario.ts'
import { type Trial, trialAt } from './trial.ts'

type Work = { name: string; plan: Plan; senders: number }
type Entry = { target: Target; rungs: readonly number[] }
type Found = { name: string; rate: number; best: Trial | undefined; rounds: Capacity[]; overload: Trial | undefined }

const OVERLOAD = 1.5 // times the capacity: does it refuse, or queue without end?

export const office: Scenario = async (context) => {
  const work = { name: 'office', plan: separateRooms(100, 10), senders: 1000 }
  const found = await climb(context, work, [
    { target: context.teahouse, rungs: [1000, 2000, 4000, 6000, 8000, 10_000, 12_000, 14_000, 16_000, 20_000, 24_000] },
    { target: wsInsert, rungs: [500, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 8000, 10_000] },
    { target: socketIoInsert, rungs: [500, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 8000] },
  ])
  const ours = found[0]
  const ws = found[1]
  if (ours) context.known.officeCapacity = ours.rate
  const cpu = ours?.best ? ours.best.serverCpuSPer1000 + ours.best.databaseCpuSPer1000 : Number.NaN
  const ratio = (ours?.rate ?? 0) / (ws?.rate ?? Number.NaN)
  return outcome(work, found, [
    { what: 'office, sends/s', goal: '>= 12,000', measured: thousands(ours?.rate), met: (ours?.rate ?? 0) >= 12_000 },
    { what: 'office, CPU s per 1,000 sends in all', goal: '0.08', measured: fixed(cpu, 3), met: cpu <= 0.08 },
    { what: 'office, against ws + INSERT', goal: '>= 2 x', measured: `${fixed(ratio, 2)} x`, met: ratio >= 2 },
  ])
}

export const hot: Scenario = async (context) => {
  const work = { name: 'hot', plan: separateRooms(1, 1000), senders: 10 }
  const found = await climb(context, work, [
    { target: context.teahouse, rungs: [50, 100, 200, 400, 600, 800, 1000, 1200, 1500] },
    { target: wsInsert, rungs: [10, 25, 50, 75, 100, 150, 200, 300] },
    { target: socketIoInsert, rungs: [10, 25, 50, 75, 100, 150, 200, 300] },
    { target: barePublish(1000), rungs: [400, 800, 1000, 1200, 1500, 2000, 2500] },
  ])
  const rate = found[0]?.rate ?? 0
  return outcome(work, found, [
    { what: 'hot room of 1,000, sends/s', goal: '>= 1,000', measured: thousands(rate), met: rate >= 1000 },
    { what: 'the same through bare publish, nothing kept', goal: '-', measured: thousands(found[3]?.rate), met: null },
  ])
}

async function climb(context: Context, work: Work, entries: readonly Entry[]): Promise<Found[]> {
  const rounds: Capacity[][] = entries.map(() => [])
  const overloads: (Trial | undefined)[] = entries.map(() => undefined)
  for (let round = 0; round < context.rounds; round++) {
    for (const [index, { target, rungs }] of entries.entries()) {
      const before = rounds[index]?.at(-1)
      const from = before ? rungsNear(rungs, before.rate) : rungs
      await withServer(context, target, work.plan, async (running, crowd) => {
        const options = { seconds: context.seconds, warmUpSeconds: WARM_UP_SECONDS, senders: sendersOf(crowd, work.senders) }
        const capacity = await findCapacity(from, async (rate) => {
          const trial = await trialAt(running, crowd, rate, options)
          context.say(`${work.name} ${target.name} ${describe(trial)}`)
          return trial
        })
        rounds[index]?.push(capacity)
        if (round === 0 && index === 0) overloads[index] = await trialAt(running, crowd, Math.round(capacity.rate * OVERLOAD), options)
      })
    }
  }
  return entries.map(({ target }, index) => {
    const all = rounds[index] ?? []
    const rate = median(all.map((capacity) => capacity.rate))
    const best = all.find((capacity) => capacity.rate === rate)?.best
    return { name: target.name, rate, best, rounds: all, overload: overloads[index] }
  })
}

function describe(trial: Trial): string {
  const verdict = trial.held ? 'held' : trial.exact ? 'too slow' : 'not exact'
  const load = `server ${fixed(trial.serverShare, 2)} database ${fixed(trial.databaseShare, 2)} others ${fixed(trial.othersShare, 2)} generator ${fixed(trial.generatorShare, 2)}`
  return `at ${thousands(trial.offeredPerS ?? trial.sendsPerS)}/s: ${verdict}, answer p99 ${milliseconds(trial.answerP99Ms)}, delivery p99 ${milliseconds(trial.deliveryP99Ms)}; core shares: ${load}`
}

function outcome(work: Work, found: readonly Found[], goals: Outcome['goals']): Outcome {
  return { name: work.name, goals, tables: [table(work, found)], plots: plots(work, found), measured: found }
}

function table({ name, plan }: Work, found: readonly Found[]): Table {
  return {
    title: `${name}: ${plan.people} sockets in ${plan.rooms.length} rooms; the highest rate that was held (medians)`,
    head: [
      '',
      'sends/s',
      'rounds',
      'answer p50 / p99',
      'delivery p50 / p99',
      'CPU s per 1,000: server + database',
      'deliveries/s',
      'core: generator, others',
      'past capacity',
    ],
    rows: found.map(({ name: server, rate, best, rounds, overload }) => [
      server,
      thousands(rate),
      rounds.map((round) => thousands(round.rate)).join(' '),
      best ? `${milliseconds(best.answerP50Ms)} / ${milliseconds(best.answerP99Ms)}` : '-',
      best ? `${milliseconds(best.deliveryP50Ms)} / ${milliseconds(best.deliveryP99Ms)}` : '-',
      best ? `${fixed(best.serverCpuSPer1000, 3)} + ${fixed(best.databaseCpuSPer1000, 3)}` : '-',
      thousands(best?.deliveriesPerS),
      best ? `${fixed(best.generatorShare, 2)}, ${fixed(best.othersShare, 2)}` : '-',
      overload ? pastCapacity(overload) : '-',
    ]),
  }
}

function pastCapacity(trial: Trial): string {
  const refused = Object.values(trial.refused).reduce((sum, count) => sum + count, 0)
  return `offered ${thousands(trial.offeredPerS)}: answered ${thousands(trial.sendsPerS)}/s, refused ${thousands(refused)} of ${thousands(trial.sent)}, p99 ${milliseconds(trial.answerP99Ms)}`
}

function plots({ name }: Work, found: readonly Found[]): Plot[] {
  const curve = (y: (trial: Trial) => number) =>
    found.map(({ name: server, rounds }) => ({
      name: server,
      points: lowest(rounds.flatMap(({ trials }) => trials).map((trial) => [trial.offeredPerS ?? 0, y(trial)])),
    }))
  const best = found[0]?.best
  return [
    {
      file: `${name}-latency`,
      title: `${name}: delivery p99 over offered rate`,
      x: { title: 'offered, sends/s', log: true },
      y: { title: 'delivery p99, ms', log: true },
      series: curve((trial) => trial.deliveryP99Ms),
    },
    {
      file: `${name}-cpu`,
      title: `${name}: CPU of server and database over offered rate`,
      x: { title: 'offered, sends/s', log: true },
      y: { title: 'CPU s per 1,000 sends', log: true },
      series: curve((trial) => trial.serverCpuSPer1000 + trial.databaseCpuSPer1000),
    },
    {
      file: `${name}-deliveries`,
      title: `${name}: deliveries over time at ${thousands(best?.offeredPerS)} sends/s`,
      x: { title: 'time, s', log: false },
      y: { title: 'deliveries/s', log: false },
      series: best
        ? [{ name: found[0]?.name ?? '', points: best.slices.map((count, index): [number, number] => [index / 10, count * 10]) }]
        : [],
    },
  ]
}

/** Of several trials at one rate the best: the others say more about the machine's other users. */
function lowest(points: readonly (readonly [number, number])[]): [number, number][] {
  const best = new Map<number, number>()
  for (const [rate, value] of points) best.set(rate, Math.min(value, best.get(rate) ?? Number.POSITIVE_INFINITY))
  return [...best].toSorted(([a], [b]) => a - b)
}
