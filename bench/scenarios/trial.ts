/** One run of load against a running server, with what it cost, in figures that can be written down. */
import { type Crowd } from '../load/crowd.ts'
import { closedLoop, type LoadOptions, openLoop, type Sender } from '../load/load.ts'
import type { LoadResult } from '../load/tally.ts'
import { between, ownSeconds, type ProcessorTime, type Used } from '../stage/processor-time.ts'
import type { Running } from '../targets/target.ts'

const P99_LIMIT_MS = 200

/** All figures in milliseconds, seconds, or a second, as their names say. */
export type Trial = {
  readonly offeredPerS: number | null
  readonly sendsPerS: number
  readonly deliveriesPerS: number
  readonly answerP50Ms: number
  readonly answerP99Ms: number
  readonly deliveryP50Ms: number
  readonly deliveryP99Ms: number
  /** How late the generator itself was, and the share of its core that it used. */
  readonly lateP99Ms: number
  readonly generatorShare: number
  readonly serverCpuSPer1000: number
  readonly databaseCpuSPer1000: number
  readonly deliveriesPerServerCpuS: number
  readonly deliveriesPerCpuS: number
  readonly serverShare: number
  readonly databaseShare: number
  readonly othersShare: number
  readonly sent: number
  readonly answered: number
  readonly refused: Readonly<Record<string, number>>
  readonly cut: Readonly<Record<string, number>>
  readonly unanswered: number
  readonly missing: number
  readonly holes: number
  readonly late: number
  readonly wrongSeats: number
  readonly odd: number
  readonly frameBytes: number
  readonly slices: readonly number[]
  /** Whether everything that was sent was answered, and came to everybody exactly once and, where the server promises it, in order. */
  readonly exact: boolean
  /** `exact`, and both p99 below 200 ms. */
  readonly held: boolean
}

export type TrialOptions = { seconds: number; warmUpSeconds: number; senders: readonly Sender[] }

/** Sends `rate` a second. */
export const trialAt = (running: Running, crowd: Crowd, rate: number, options: TrialOptions): Promise<Trial> =>
  measure(running, rate, (mark) => openLoop(crowd, running.dialect, { ...options, mark, rate }))

/** As fast as the server answers, with `window` sends under way for each sender. */
export const trialSaturated = (running: Running, crowd: Crowd, window: number, options: TrialOptions): Promise<Trial> =>
  measure(running, null, (mark) => closedLoop(crowd, running.dialect, { ...options, mark, window }))

async function measure(running: Running, rate: number | null, run: (mark: LoadOptions['mark']) => Promise<LoadResult>): Promise<Trial> {
  const marks: { time: ProcessorTime; own: number }[] = []
  const result = await run(() => marks.push({ time: running.time(), own: ownSeconds() }))
  const [first, last] = [marks[0], marks.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a run without marks')
  return figures(result, rate, between(first.time, last.time), last.own - first.own, running.dialect.dense)
}

function figures(result: LoadResult, offeredPerS: number | null, used: Used, ownS: number, ordered: boolean): Trial {
  const { answer, delivery, answeredInTime, deliveredInTime, sent, answered } = result
  const problems = result.missing + result.wrongSeats + result.holes + result.odd + result.unanswered + (ordered ? result.late : 0)
  const exact = problems === 0 && answered === sent && sent > 0 && Object.keys(result.cut).length === 0
  const answerP99Ms = answer.quantile(0.99)
  const deliveryP99Ms = delivery.quantile(0.99)
  const { missing, wrongSeats, holes, late, odd, unanswered, refused, cut, slices, frameBytes } = result
  return {
    offeredPerS,
    sendsPerS: answeredInTime / used.seconds,
    deliveriesPerS: deliveredInTime / used.seconds,
    answerP50Ms: answer.quantile(0.5),
    answerP99Ms,
    deliveryP50Ms: delivery.quantile(0.5),
    deliveryP99Ms,
    lateP99Ms: result.lateness.quantile(0.99),
    generatorShare: ownS / used.seconds,
    serverCpuSPer1000: (used.serverS / answeredInTime) * 1000,
    databaseCpuSPer1000: (used.databaseS / answeredInTime) * 1000,
    deliveriesPerServerCpuS: deliveredInTime / used.serverS,
    deliveriesPerCpuS: deliveredInTime / (used.serverS + used.databaseS),
    serverShare: used.serverS / used.seconds,
    databaseShare: used.databaseS / used.seconds,
    othersShare: used.othersShare,
    sent,
    answered,
    refused,
    cut,
    unanswered,
    missing,
    holes,
    late,
    wrongSeats,
    odd,
    frameBytes,
    slices,
    exact,
    held: exact && answerP99Ms < P99_LIMIT_MS && deliveryP99Ms < P99_LIMIT_MS,
  }
}
