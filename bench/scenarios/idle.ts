/** What an idle, authenticated connection costs in memory, when its user is in ten rooms. */
import { fixed, thousands } from '../report/figures.ts'
import { Crowd, type Person } from '../load/crowd.ts'
import { residentKiB } from '../stage/processor-time.ts'
import { overlappingRooms, type Running } from '../targets/target.ts'
import type { Context, Outcome, Scenario } from './scenario.ts'

const ROOMS_EACH = 10
const ROOM_SIZE = 100
const SETTLED_KIB = 512 // the memory stands still when it changes by less within a pause
const PAUSE_MS = 3000 // whoever is calm for two seconds gives back what nobody needs any more
const PAUSES = 15
const STEPS = 5
const GOAL_KIB = 4

/**
 * The first time the process grows for good: what it remembers of people it has seen, and room that its allocators keep for the next ones.
 * What a connection costs is what comes with it and goes with it, so everybody comes twice, and the second time counts.
 */
const TIMES = ['the first time', 'again'] as const

type Climb = {
  readonly time: string
  readonly steps: readonly Memory[]
  readonly after: Memory
  /** How many sockets the server closed, by code. */
  readonly cut: readonly Record<string, number>[]
  readonly eachKiB: number
  readonly heapEachKiB: number
}
type Memory = { connections: number; residentKiB: number; heapKiB: number }

export const idle: Scenario = async (context) => {
  const people = context.quick ? 1000 : 5000
  const plan = overlappingRooms(people, (people * ROOMS_EACH) / ROOM_SIZE, ROOMS_EACH)
  context.say(`${context.teahouse.name}: starting, ${plan.people} people in ${plan.rooms.length} rooms`)
  const running = await context.teahouse.start(context.stage)
  try {
    const persons = await running.enroll(plan)
    const climbs: Climb[] = []
    for (const time of TIMES) climbs.push(await climb(context, running, persons, time))
    return outcome(plan.rooms.length, climbs)
  } finally {
    await running.stop()
  }
}

/** Everybody comes, a fifth at a time, and stays; then all leave. */
async function climb({ say }: Context, running: Running, persons: readonly Person[], time: string): Promise<Climb> {
  const each = persons.length / STEPS
  const steps = [await settled(running, 0)]
  const crowds: Crowd[] = []
  for (let from = 0; from < persons.length; from += each) {
    crowds.push(await new Crowd(running.port, running.dialect, persons.slice(from, from + each)).enter())
    steps.push(await settled(running, from + each))
    say(`idle, ${time}: ${thousands(steps.at(-1)?.connections)} connections, ${thousands(steps.at(-1)?.residentKiB)} KiB`)
  }
  const cut = crowds.map((crowd) => Object.fromEntries(crowd.cut))
  for (const crowd of crowds) crowd.leave()
  const eachKiB = slope(steps, ({ residentKiB: kib }) => kib)
  const heapEachKiB = slope(steps, ({ heapKiB: kib }) => kib)
  return { time, steps, after: await settled(running, 0), cut, eachKiB, heapEachKiB }
}

function outcome(rooms: number, climbs: readonly Climb[]): Outcome {
  const eachKiB = climbs.at(-1)?.eachKiB ?? Number.NaN
  return {
    name: 'idle',
    goals: [
      {
        what: `idle connection in ${ROOMS_EACH} rooms, resident memory, in a process that has seen as many before`,
        goal: `<= ${GOAL_KIB} KiB`,
        measured: `${fixed(eachKiB, 2)} KiB`,
        met: eachKiB <= GOAL_KIB,
      },
    ],
    tables: climbs.map(({ time, steps, after, eachKiB: resident, heapEachKiB }) => ({
      title: `idle, ${time}: authenticated connections, each in ${ROOMS_EACH} of ${thousands(rooms)} rooms`,
      head: ['connections', 'resident KiB', 'JavaScript heap KiB'],
      rows: [
        ...steps.map((memory) => row(thousands(memory.connections), memory)),
        row('after they left', after),
        ['each (slope)', fixed(resident, 2), fixed(heapEachKiB, 2)],
        ['given back by each', fixed(givenBack(steps, after), 2), ''],
      ],
    })),
    plots: [
      {
        file: 'idle',
        title: 'Memory of the server process',
        x: { title: 'idle connections', log: false },
        y: { title: 'MiB', log: false },
        series: climbs.flatMap(({ time, steps }) => [
          {
            name: `resident, ${time}`,
            points: steps.map(({ connections, residentKiB: kib }): [number, number] => [connections, kib / 1024]),
          },
          {
            name: `JavaScript heap, ${time}`,
            dashed: true,
            points: steps.map(({ connections, heapKiB: kib }): [number, number] => [connections, kib / 1024]),
          },
        ]),
      },
    ],
    measured: { rooms, climbs },
  }
}

const givenBack = (steps: readonly Memory[], after: Memory): number => {
  const { connections = Number.NaN, residentKiB: kib = Number.NaN } = steps.at(-1) ?? {}
  return (kib - after.residentKiB) / connections
}

const row = (name: string, memory: Memory) => [name, thousands(memory.residentKiB), thousands(memory.heapKiB)]

/** KiB a connection, by least squares over all steps. */
function slope(steps: readonly Memory[], value: (memory: Memory) => number): number {
  const mean = (of: (memory: Memory) => number) => steps.reduce((sum, step) => sum + of(step), 0) / steps.length
  const [x, y] = [mean(({ connections }) => connections), mean(value)]
  return mean((step) => (step.connections - x) * (value(step) - y)) / mean((step) => (step.connections - x) ** 2)
}

/** The server's memory once it stands still. */
async function settled(running: Running, connections: number): Promise<Memory> {
  let last = residentKiB(running.pid)
  for (let pause = 0; pause < PAUSES; pause++) {
    await Bun.sleep(PAUSE_MS)
    const now = residentKiB(running.pid)
    if (Math.abs(now - last) < SETTLED_KIB && pause >= 2) return { connections, residentKiB: now, heapKiB: await heapKiB(running) }
    last = now
  }
  return { connections, residentKiB: last, heapKiB: await heapKiB(running) }
}

/** From the server's own metrics; NaN when it has none. */
async function heapKiB({ port }: Running): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const found = /^process_heap_bytes ([\d.e+]+)$/m.exec(await answer.text())
  return found ? Number(found[1]) / 1024 : Number.NaN
}
