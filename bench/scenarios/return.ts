/** A crowd that lost the network comes back at once: how long until everybody has everything that was missed, each message once. */
import { Crowd, type Person } from '../load/crowd.ts'
import { Histogram, median } from '../load/histogram.ts'
import type { Seat } from '../load/ledger.ts'
import { openLoop } from '../load/load.ts'
import { fixed, milliseconds, thousands } from '../report/figures.ts'
import { socketIoInsert, wsInsert } from '../targets/peers.ts'
import { between, ownSeconds, type Used } from '../stage/processor-time.ts'
import { type Running, separateRooms, type Target } from '../targets/target.ts'
import { type Context, type Scenario, sendersOf } from './scenario.ts'

const ROOM_SIZE = 10
const MISSED = 20
const MISSED_RATE = 1000 // sends a second while all others are away

type Return = {
  totalS: number
  p50Ms: number
  p99Ms: number
  missed: number
  got: number
  wrong: number
  failed: number
  cpu: Used
  generatorS: number
}
type Case = { name: string; people: number; target: Target; rounds: number }

export const returning: Scenario = async (context) => {
  const many = context.quick ? 2000 : 10_000
  const cases: Case[] = [
    { name: context.teahouse.name, people: 1000, target: context.teahouse, rounds: context.rounds },
    { name: wsInsert.name, people: 1000, target: wsInsert, rounds: context.rounds },
    { name: socketIoInsert.name, people: 1000, target: socketIoInsert, rounds: context.rounds },
    { name: context.teahouse.name, people: many, target: context.teahouse, rounds: 1 },
  ]
  const measured = []
  for (const one of cases) measured.push({ name: one.name, people: one.people, returns: await run(context, one) })
  const [first, , , last] = measured
  const firstS = median(first?.returns.map((one) => one.totalS) ?? [])
  const lost = (returns: readonly Return[] | undefined) => (returns ?? []).reduce((sum, one) => sum + one.wrong + one.failed, 0)
  const lastP99 = median(last?.returns.map((one) => one.p99Ms) ?? [])
  return {
    name: 'return',
    goals: [
      {
        what: `1,000 back at once, ${MISSED} missed in each of 100 rooms`,
        goal: '0.2 s',
        measured: `${fixed(firstS, 2)} s, ${lost(first?.returns)} wrong`,
        met: firstS <= 0.2 && lost(first?.returns) === 0,
      },
      {
        what: `${thousands(many)} back at once, p99, none lost`,
        goal: '< 3 s',
        measured: `${milliseconds(lastP99)}, ${lost(last?.returns)} wrong`,
        met: lastP99 < 3000 && lost(last?.returns) === 0,
      },
    ],
    tables: [
      {
        title: `return: everybody reconnects at once, ${MISSED} messages missed in each room of ${ROOM_SIZE} (medians)`,
        head: [
          '',
          'clients',
          'deliveries missed',
          'until all have all',
          'a client p50 / p99',
          'rounds',
          'CPU s: server + database, generator',
          'clients with a wrong history',
          'refused',
        ],
        rows: measured.map(({ name, people, returns }) => [
          name,
          thousands(people),
          thousands(returns[0]?.missed),
          `${fixed(median(returns.map((one) => one.totalS)), 2)} s`,
          `${milliseconds(median(returns.map((one) => one.p50Ms)))} / ${milliseconds(median(returns.map((one) => one.p99Ms)))}`,
          returns.map((one) => fixed(one.totalS, 2)).join(' '),
          `${fixed(median(returns.map((one) => one.cpu.serverS)), 2)} + ${fixed(median(returns.map((one) => one.cpu.databaseS)), 2)}, ${fixed(median(returns.map((one) => one.generatorS)), 2)}`,
          thousands(returns.reduce((sum, one) => sum + one.wrong, 0)),
          thousands(returns.reduce((sum, one) => sum + one.failed, 0)),
        ]),
      },
    ],
    plots: [],
    measured,
  }
}

async function run(context: Context, { target, people, rounds }: Case): Promise<Return[]> {
  const plan = separateRooms(people / ROOM_SIZE, ROOM_SIZE)
  context.say(`${target.name}: starting, ${plan.people} people in ${plan.rooms.length} rooms`)
  const running = await target.start(context.stage)
  try {
    const persons = await running.enroll(plan)
    const returns: Return[] = []
    let heads: Heads | undefined
    // what never ran before is slow, so the first one is not timed
    for (let round = 0; round <= rounds; round++) {
      const { before, after } = await talkAlone(running, persons, heads)
      const one = await comeBack(running, persons, before)
      heads = after
      if (round > 0) returns.push(one)
      else if (one.wrong + one.failed > 0)
        throw new Error(`${one.wrong} were wrong and ${one.failed} refused in the round that is not timed`)
      const state = `${one.wrong} wrong, ${one.failed} refused`
      context.say(`${target.name}: ${people} were back after ${fixed(one.totalS, 2)} s, p99 ${milliseconds(one.p99Ms)}, ${state}`)
    }
    return returns
  } finally {
    await running.stop()
  }
}

/** The last seq of each room. */
type Heads = ReadonlyMap<string, number>

/** One of each room sends what the others miss. */
async function talkAlone(running: Running, persons: readonly Person[], known: Heads | undefined): Promise<{ before: Heads; after: Heads }> {
  const first = persons.filter((_, index) => index % ROOM_SIZE === 0)
  const crowd = await new Crowd(running.port, running.dialect, first).enter()
  const heads = () => new Map(crowd.seats.map((seat) => [seat.room.roomId, seat.lastSeq]))
  const before = known ?? heads()
  const senders = sendersOf(crowd, first.length)
  const seconds = (senders.length * MISSED) / MISSED_RATE
  const result = await openLoop(crowd, running.dialect, { senders, rate: MISSED_RATE, seconds, warmUpSeconds: 0, mark: () => {} })
  if (result.answered !== senders.length * MISSED)
    throw new Error(`only ${result.answered} of ${senders.length * MISSED} sends were answered`)
  crowd.leave()
  return { before, after: heads() }
}

/** Everybody at once, each asking for what came after `heads`. */
async function comeBack(running: Running, persons: readonly Person[], heads: Heads): Promise<Return> {
  const crowd = new Crowd(running.port, running.dialect, persons)
  for (const seat of crowd.seats) seat.lastSeq = heads.get(seat.room.roomId) ?? 0
  const times = new Histogram()
  const before = running.time()
  const ownBefore = ownSeconds()
  const began = performance.now()
  const settled = await Promise.allSettled(
    crowd.clients.map(async (client) => {
      await crowd.connect(client, Object.fromEntries(client.seats.map((seat) => [seat.room.roomId, seat.lastSeq])))
      times.record(performance.now() - began)
    }),
  )
  const totalS = (performance.now() - began) / 1000
  const cpu = between(before, running.time())
  const generatorS = ownSeconds() - ownBefore
  const exact = (seats: readonly Seat[]) => seats.every((seat) => seat.received === MISSED && seat.holes === 0 && seat.late === 0)
  const answer = {
    totalS,
    p50Ms: times.quantile(0.5),
    p99Ms: times.quantile(0.99),
    missed: persons.length * MISSED,
    got: crowd.seats.reduce((sum, seat) => sum + seat.received, 0),
    wrong: crowd.clients.filter((client) => !exact(client.seats)).length,
    cpu,
    generatorS,
    failed: settled.filter(({ status }) => status === 'rejected').length,
  }
  crowd.leave()
  return answer
}
