/** What every scenario gets and what it hands back. */
import { Crowd } from '../load/crowd.ts'
import type { Sender } from '../load/load.ts'
import type { Plot } from '../report/plot.ts'
import type { Table } from '../report/table.ts'
import type { Stage } from '../stage/stage.ts'
import type { Plan, Running, Target } from '../targets/target.ts'

export type Context = {
  readonly stage: Stage
  /** Teahouse on a PostgreSQL server, and with its embedded one (null when the server under test has none). */
  readonly teahouse: Target
  readonly embedded: Target | null
  /** Measured seconds of one trial. */
  readonly seconds: number
  /** Rounds over all servers; figures are their medians. */
  readonly rounds: number
  readonly quick: boolean
  /** To how many messages the tables grow for the reads. */
  readonly messages: number
  /** What one scenario finds out and a later one uses. */
  readonly known: { officeCapacity?: number }
  /** One line of progress. */
  readonly say: (line: string) => void
}

/** A figure beside its goal; `met` is null when there is nothing to hold it against. */
export type Goal = { readonly what: string; readonly goal: string; readonly measured: string; readonly met: boolean | null }

export type Outcome = {
  readonly name: string
  readonly goals: readonly Goal[]
  readonly tables: readonly Table[]
  readonly plots: readonly Plot[]
  /** Everything that was measured, for the JSON file. */
  readonly measured: unknown
}

export type Scenario = (context: Context) => Promise<Outcome>

export const WARM_UP_SECONDS = 4

/** Starts a server, seats people, does the work, and stops the server whatever happens. */
export async function withServer<Answer>(
  { stage, say }: Context,
  target: Target,
  plan: Plan,
  work: (running: Running, crowd: Crowd) => Promise<Answer>,
): Promise<Answer> {
  say(`${target.name}: starting, ${plan.people} people in ${plan.rooms.length} rooms`)
  const running = await target.start(stage)
  try {
    const crowd = new Crowd(running.port, running.dialect, await running.enroll(plan))
    try {
      await crowd.enter()
      return await work(running, crowd)
    } finally {
      crowd.leave()
    }
  } finally {
    await running.stop()
  }
}

/** Every client sends to its first room. */
export const everybody = (crowd: Crowd): Sender[] => sendersOf(crowd, crowd.clients.length)

/** The first clients send, each to its first room. */
export const sendersOf = (crowd: Crowd, count: number): Sender[] =>
  crowd.clients.slice(0, count).flatMap((client) => client.person.rooms.slice(0, 1).map((roomId) => ({ client, roomId })))
