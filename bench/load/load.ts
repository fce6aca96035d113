/** One run of sends by a crowd: on a fixed schedule whatever the server does (open), or each after the last answer (closed). */
import type { Client, Crowd } from './crowd.ts'
import type { Dialect } from './dialect.ts'
import { type Draft, newDraft, writeNumber } from './draft.ts'
import { type LoadResult, Tally } from './tally.ts'

const BACKLOG_SECONDS = 1.5 // of sends without an answer: the rate is not held, and more of them would only take longer to drain

/** A client that sends to one of its rooms. */
export type Sender = { readonly client: Client; readonly roomId: string }

export type LoadOptions = {
  readonly senders: readonly Sender[]
  /** Measured seconds, after the warm-up. */
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Called at the beginning and at the end of the measured seconds. */
  readonly mark: () => void
}

/** Sends `rate` a second, evenly, each sender in turn; latencies count from the planned moment, not from the actual one. */
export async function openLoop(crowd: Crowd, dialect: Dialect, options: LoadOptions & { rate: number }): Promise<LoadResult> {
  const { rate, seconds, warmUpSeconds, mark } = options
  const load = new Load(crowd, dialect, options)
  const total = Math.round(rate * (seconds + warmUpSeconds))
  const planned = (number: number) => load.tally.beganAt + (number * 1000) / rate
  let marks = 0
  for (let next = 0; next < total;) {
    const now = performance.now()
    if (marks === 0 && now >= load.tally.measuredFrom) {
      mark()
      marks = 1
    }
    for (; next < total && planned(next) <= now; next++) load.send(next % load.drafts.length, planned(next))
    if (load.tally.open > rate * BACKLOG_SECONDS) break
    await Bun.sleep(Math.max(1, Math.min(planned(next) - performance.now(), 50)))
  }
  if (marks === 0) mark()
  mark()
  return load.tally.end()
}

/** Every sender keeps `window` sends under way: as fast as the server answers. */
export async function closedLoop(crowd: Crowd, dialect: Dialect, options: LoadOptions & { window: number }): Promise<LoadResult> {
  const load = new Load(crowd, dialect, options)
  const { tally } = load
  const send = (index: number) => {
    const now = performance.now()
    if (now < tally.measuredTo) load.send(index, now)
  }
  tally.onAnswer = send
  for (let round = 0; round < options.window; round++) for (const index of load.drafts.keys()) send(index)
  await Bun.sleep(tally.measuredFrom - performance.now())
  options.mark()
  await Bun.sleep(tally.measuredTo - performance.now())
  options.mark()
  return tally.end()
}

class Load {
  readonly tally: Tally
  readonly drafts: readonly Draft[]

  constructor(crowd: Crowd, dialect: Dialect, { senders, seconds, warmUpSeconds }: LoadOptions) {
    const tag = crypto.randomUUID().slice(0, 8)
    this.drafts = senders.map(({ client, roomId }) => newDraft(dialect, client, roomId, tag))
    this.tally = new Tally(crowd, tag, warmUpSeconds, seconds)
  }

  /** Sends the next number as the draft with this index; its latency counts from `plannedAt`. */
  send(index: number, plannedAt: number): void {
    const draft = this.drafts[index]
    if (draft === undefined) return
    writeNumber(draft, this.tally.sent(index, draft.roomId, plannedAt))
    draft.client.socket.send(draft.frame)
  }
}
