/** What an idle, authenticated connection costs in memory, when its user is in ten rooms. */
import { fixed, thousands } from '../report/figures.ts'
import { Crowd } from '../load/crowd.ts'
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

type Memory = { connections: number; residentKiB: number; heapKiB: number }

export const idle: Scenario = async (context) => {
  const people = context.quick ? 1000 : 5000
  const plan = overlappingRooms(people, (people * ROOMS_EACH) / ROOM_SIZE, ROOMS_EACH)
  context.say(`${context.teahouse.name}: starting, ${plan.people} people in ${plan.rooms.length} rooms`)
  const running = await context.teahouse.start(context.stage)
  try {
    const persons = await running.enroll(plan)
    await visit(context, running, persons.slice(0, people / STEPS)) // what the first ones cost is the process's own
    const steps = [await settled(running, 0)]
    const crowds: Crowd[] = []
    for (let step = 0; step < STEPS; step++) {
      const some = persons.slice((step * people) / STEPS, ((step + 1) * people) / STEPS)
      crowds.push(await new Crowd(running.port, running.dialect, some).enter())
      steps.push(await settled(running, ((step + 1) * people) / STEPS))
      context.say(`idle: ${thousands(steps.at(-1)?.connections)} connections, ${thousands(steps.at(-1)?.residentKiB)} KiB`)
    }
    const cut = crowds.map((crowd) => Object.fromEntries(crowd.cut))
    for (const crowd of crowds) crowd.leave()
    return outcome(plan.rooms.length, steps, await settled(running, 0), cut)
  } finally {
    await running.stop()
  }
}

function outcome(rooms: number, steps: readonly Memory[], after: Memory, cut: unknown): Outcome {
  const eachKiB = slope(steps, ({ residentKiB: kib }) => kib)
  const heapEachKiB = slope(steps, ({ heapKiB: kib }) => kib)
  return {
    name: 'idle',
    goals: [
      {
        what: `idle connection in ${ROOMS_EACH} rooms, resident memory`,
        goal: `<= ${GOAL_KIB} KiB`,
        measured: `${fixed(eachKiB, 2)} KiB`,
        met: eachKiB <= GOAL_KIB,
      },
    ],
    tables: [
      {
        title: `idle: authenticated connections, each in ${ROOMS_EACH} of ${thousands(rooms)} rooms`,
        head: ['connections', 'resident KiB', 'JavaScript heap KiB'],
        rows: [
          ...steps.map((memory) => row(thousands(memory.connections), memory)),
          row('after they left', after),
          ['each (slope)', fixed(eachKiB, 2), fixed(heapEachKiB, 2)],
        ],
      },
    ],
    plots: [
      {
        file: 'idle',
        title: 'Memory of the server process',
        x: { title: 'idle connections', log: false },
        y: { title: 'MiB', log: false },
        series: [
          { name: 'resident', points: steps.map((step) => [step.connections, step.residentKiB / 1024]) },
          { name: 'JavaScript heap', points: steps.map((step) => [step.connections, step.heapKiB / 1024]) },
        ],
      },
    ],
    measured: { rooms, steps, after, eachKiB, heapEachKiB, cut },
  }
}

const row = (name: string, memory: Memory) => [name, thousands(memory.residentKiB), thousands(memory.heapKiB)]

/** KiB a connection, by least squares over all steps. */
function slope(steps: readonly Memory[], value: (memory: Memory) => number): number {
  const mean = (of: (memory: Memory) => number) => steps.reduce((sum, step) => sum + of(step), 0) / steps.length
  const [x, y] = [mean(({ connections }) => connections), mean(value)]
  return mean((step) => (step.connections - x) * (value(step) - y)) / mean((step) => (step.connections - x) ** 2)
}

async function visit(context: Context, running: Running, persons: ConstructorParameters<typeof Crowd>[2]): Promise<void> {
  const crowd = await new Crowd(running.port, running.dialect, persons).enter()
  crowd.leave()
  context.say(`${persons.length} came and went`)
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
