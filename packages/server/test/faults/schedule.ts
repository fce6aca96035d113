/** What goes wrong in which order: numbered by a seed, each fault with a chance of its own, so that any of them can be played again alone. */
import { until } from '../support/until.ts'
import { FAILOVER, FAULT_KINDS, type Stage } from './fault-kinds.ts'
import { createRandom, type Random } from './random.ts'

export type Planned = { readonly number: number; readonly name: string; readonly random: Random }
export type Happened = {
  readonly number: number
  readonly kind: string
  readonly at_s: number
  readonly told: string
  readonly lasted_ms: number
  readonly recovery_ms: number | null
}
export type Injection = {
  readonly seed: number
  /** Only these kinds; all without it. */
  readonly only?: readonly string[] | undefined
  /** Only these numbers of the plan, until the last of them; all until the time is over without it. */
  readonly faults?: readonly number[] | undefined
  /** Runs with a time of their own begin and end with these. */
  readonly started: number
  readonly end: number
}

const RECOVERS_WITHIN_MS = 90_000
/** A short run too has a failover. */
const FAILOVER_AMONG_FIRST = 4

/** Endless; each kind once before any comes again. */
export function* plan(seed: number, only?: readonly string[]): Generator<Planned> {
  const random = createRandom(seed)
  const names = Object.keys(FAULT_KINDS).filter((name) => only === undefined || only.includes(name))
  for (let number = 1; names.length > 0;) {
    const round = shuffled(names, random)
    const late = number === 1 ? round.indexOf(FAILOVER) : -1
    if (late >= FAILOVER_AMONG_FIRST) round.splice(random.whole(0, FAILOVER_AMONG_FIRST - 1), 0, ...round.splice(late, 1))
    for (const name of round) yield { number, name, random: createRandom(seed * 7_919 + number++) }
  }
}

function shuffled(names: readonly string[], random: Random): string[] {
  const left = [...names]
  return names.flatMap(() => left.splice(random.whole(0, left.length - 1), 1))
}

/** One after the other: each is undone after a while, and everybody is well again before the next. */
export async function inject(
  { seed, only, faults, started, end }: Injection,
  scene: Omit<Stage, 'random'>,
  pulse: string,
  tell: { say(line: string): void; complain(text: string): void },
): Promise<Happened[]> {
  const happened: Happened[] = []
  const last = faults ? Math.max(0, ...faults) : Number.POSITIVE_INFINITY
  await Bun.sleep(1_500)
  for (const { number, name, random } of plan(seed, only)) {
    if (number > last || (!faults && Date.now() >= end)) break
    if (faults && !faults.includes(number)) continue
    const stage = { ...scene, random }
    const at = Date.now()
    const told = await suffer(name, stage).catch((error: Error) => {
      tell.complain(`fault ${number}, ${name}, could not be played: ${error.message}`)
      return name
    })
    const lasted_ms = Date.now() - at
    const recovery_ms = await recovery(stage, pulse)
    const at_s = Math.round((at - started) / 1_000)
    happened.push({ number, kind: name, at_s, told, lasted_ms, recovery_ms })
    tell.say(`${at_s} s  ${number}. ${told}, for ${lasted_ms} ms; well again after ${recovery_ms ?? 'never'} ms`)
    await Bun.sleep(random.between(100, 1_500))
  }
  await until(() => Date.now() >= end, { withinMs: Math.max(0, end - Date.now()) + 1_000, everyMs: 100 })
  return happened
}

async function suffer(name: string, stage: Stage): Promise<string> {
  const fault = await FAULT_KINDS[name]?.(stage)
  if (!fault) throw new Error('there is no such fault')
  await Bun.sleep(stage.random.between(200, 4_000))
  await fault.undo()
  return fault.told
}

/** From the end of a fault until a new message is acknowledged and everybody has heard it. null: not within a minute and a half. */
async function recovery({ guests, random }: Stage, pulse: string): Promise<number | null> {
  const started = Date.now()
  const sender = random.pick(guests)
  try {
    await until(() => sender.isIn, { withinMs: RECOVERS_WITHIN_MS })
    const before = sender.placeIn(pulse) ?? 0
    sender.send(pulse)
    await until(() => guests.every((guest) => (guest.placeIn(pulse) ?? 0) > before), { withinMs: RECOVERS_WITHIN_MS })
    return Date.now() - started
  } catch {
    return null
  }
}
