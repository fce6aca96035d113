/** What an idle, authenticated connection costs in memory, when its user is in ten rooms. */
import { fixed, thousands } from '../report/figures.ts'
import { Crowd } from '../load/crowd.ts'
import { residentKiB } from '../stage/processor-time.ts'
import { overlappingRooms, type Running } from '../targets/target.ts'
import type { Context, Scenario } from './scenario.ts'

const ROOMS_EACH = 10
const ROOM_SIZE = 100
const SETTLED_KIB = 512 // the memory stands still when it changes by less within a pause
const PAUSE_MS = 1000
const PAUSES = 30
const GOAL_KIB = 4

type Memory = { residentKiB: number; heapKiB: number }

export const idle: Scenario = async (context) => {
  const people = context.quick ? 1000 : 5000
  const plan = overlappingRooms(people, (people * ROOMS_EACH) / ROOM_SIZE, ROOMS_EACH)
  context.say(`${context.teahouse.name}: starting, ${plan.people} people in ${plan.rooms.length} rooms`)
  const running = await context.teahouse.start(context.stage)
  try {
    const persons = await running.enroll(plan)
    await visit(context, running, persons.slice(0, people / 10)) // what the first ones cost is the process's own
    const before = await settled(running)
    const crowd = await new Crowd(running.port, running.dialect, persons).enter()
    const during = await settled(running)
    const cut = Object.fromEntries(crowd.cut)
    crowd.leave()
    const after = await settled(running)
    const eachKiB = (during.residentKiB - before.residentKiB) / people
    const heapEachKiB = (during.heapKiB - before.heapKiB) / people
    return {
      name: 'idle',
      goals: [
        {
          what: `idle connection in ${ROOMS_EACH} rooms, KiB of resident memory`,
          goal: `<= ${GOAL_KIB} KiB`,
          measured: `${fixed(eachKiB, 2)} KiB`,
          met: eachKiB <= GOAL_KIB,
        },
      ],
      tables: [
        {
          title: `idle: ${thousands(people)} authenticated connections, each in ${ROOMS_EACH} of ${thousands(plan.rooms.length)} rooms`,
          head: ['', 'resident KiB', 'JavaScript heap KiB'],
          rows: [
            row('before', before),
            row('with all connections', during),
            row('after they left', after),
            ['each', fixed(eachKiB, 2), fixed(heapEachKiB, 2)],
          ],
        },
      ],
      plots: [],
      measured: { people, rooms: plan.rooms.length, before, during, after, eachKiB, heapEachKiB, cut },
    }
  } finally {
    await running.stop()
  }
}

const row = (name: string, memory: Memory) => [name, thousands(memory.residentKiB), thousands(memory.heapKiB)]

async function visit(context: Context, running: Running, persons: ConstructorParameters<typeof Crowd>[2]): Promise<void> {
  const crowd = await new Crowd(running.port, running.dialect, persons).enter()
  crowd.leave()
  context.say(`${persons.length} came and went`)
}

/** The server's memory once it stands still. */
async function settled(running: Running): Promise<Memory> {
  let last = residentKiB(running.pid)
  for (let pause = 0; pause < PAUSES; pause++) {
    await Bun.sleep(PAUSE_MS)
    const now = residentKiB(running.pid)
    if (Math.abs(now - last) < SETTLED_KIB && pause >= 2) return { residentKiB: now, heapKiB: await heapKiB(running) }
    last = now
  }
  return { residentKiB: last, heapKiB: await heapKiB(running) }
}

/** From the server's own metrics; NaN when it has none. */
async function heapKiB({ port }: Running): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const found = /^\w*heap_(?:size_)?used_bytes(?:\{[^}]*\})? ([\d.e+]+)$/m.exec(await answer.text())
  return found ? Number(found[1]) / 1024 : Number.NaN
}
