/** All streams that somebody here listens to: fed by whatever arrives, healed from the log, checked against its heads every few seconds. */
import type { EventLog } from '../../application/ports/live.ts'
import type { PublishedEvent } from '../../domain/event.ts'
import { grouped } from '../../domain/group-call.ts'
import { Feed, type Frame, frameOf } from './feed.ts'

export type FeedsPorts = {
  log: Pick<EventLog, 'heads' | 'events'>
  /** Puts a frame before everybody who listens to the feed. */
  deliver: (feed: Feed, frame: Frame) => void
  /** Hears of the number of events that had to be read from the log because they did not arrive. */
  onHealed: (events: number) => void
  onError: (error: unknown) => void
  /** The first listener of a stream has come. */
  onOpened?: (feed: Feed) => void
  /** The last one has gone. */
  onForgotten?: (feed: Feed) => void
  /** Calls back after a while. */
  after?: (ms: number, act: () => void) => void
}

/** A swapped pair mends itself within this time, on a busy day too; a loss does not, and is rare enough to wait so long. */
const WAIT_FOR_SWAPPED_MS = 20
/** What was announced and is not in the log may come yet, if it is only late; so it is looked for less and less often. */
const LONGEST_WAIT_MS = 4_000
/** After so many looks in vain, some five seconds, it will not: the database lost a commit that it had acknowledged, in a failover. */
const LOOKS_IN_VAIN = 8
const CHECK_HEADS_MS = 4_000
const WAIT_FOR_LATE_MS = 50
/** Reading much of the log at once would hold a session of the database for too long. */
const MAX_EVENTS_A_READ = 2_000

type Wanted = { readonly stream: string; readonly after: number; readonly upTo: number }

export class Feeds {
  readonly #feeds = new Map<string, Feed>()
  readonly #ports: FeedsPorts
  readonly #healing = new Set<Feed>()
  readonly #checking: ReturnType<typeof setInterval>
  readonly #read: (wanted: Wanted) => Promise<Frame[]>
  readonly #head: (stream: string) => Promise<number | undefined>
  readonly #after: (ms: number, act: () => void) => void

  constructor(ports: FeedsPorts) {
    this.#ports = ports
    this.#after = ports.after ?? ((ms, act) => void setTimeout(act, ms))
    this.#read = grouped((wanted: Wanted[]) => this.#readAll(wanted), 512)
    this.#head = grouped(async (streams: string[]) => {
      const heads = await ports.log.heads([...new Set(streams)])
      return (stream) => heads.get(stream)
    }, 4_096)
    this.#checking = setInterval(() => {
      for (const feed of this.#feeds.values()) feed.age()
      void this.checkHeads([...this.#feeds.keys()])
    }, CHECK_HEADS_MS)
  }

  get size(): number {
    return this.#feeds.size
  }

  /** Events from the writer here or from another instance; repeats and disorder are welcome. */
  accept(events: readonly PublishedEvent[]): void {
    for (const event of events) {
      const feed = this.#feeds.get(event.stream)
      if (feed?.take(event, (frame) => this.#ports.deliver(feed, frame))) this.#healSoon(feed)
    }
  }

  /**
   * Begins to listen to streams whose heads were read from the database, and resolves when each feed stands at that head or after it.
   * From the call on, the feeds collect what happens; the heads of new ones are read once more, for what happened in between.
   */
  async open(kind: Feed['kind'], heads: ReadonlyMap<string, number>): Promise<Map<string, Feed>> {
    const opened = new Map<string, Feed>()
    const behind: Promise<void>[] = []
    for (const [stream, head] of heads) {
      const known = this.#feeds.get(stream)
      const feed = known ?? new Feed(kind, stream, head)
      this.#feeds.set(stream, feed)
      feed.listeners++
      opened.set(stream, feed)
      if (!known) {
        this.#ports.onOpened?.(feed)
        behind.push(this.#head(stream).then((now) => this.#reach(feed, now ?? head)))
      } else if (feed.position < head) behind.push(this.#reach(feed, head))
    }
    try {
      await Promise.all(behind)
    } catch (error) {
      for (const feed of opened.values()) this.release(feed)
      throw error
    }
    return opened
  }

  /** One listener less; a feed without any is forgotten. */
  release(feed: Feed): void {
    if (--feed.listeners > 0 || feed.closed) return
    feed.closed = true
    this.#feeds.delete(feed.stream)
    this.#ports.onForgotten?.(feed)
  }

  of(stream: string): Feed | undefined {
    return this.#feeds.get(stream)
  }

  /** Frames of the log with after < seq <= upTo. Those who want the same room at the same time share one reading and one encoding. */
  read(stream: string, after: number, upTo: number): Promise<Frame[]> {
    return upTo <= after ? Promise.resolve([]) : this.#read({ stream, after, upTo })
  }

  /** Compares feeds with the log; what does not arrive after all is read now. One query, however many feeds. */
  async checkHeads(streams: readonly string[]): Promise<void> {
    try {
      if (streams.length === 0) return
      const heads = await this.#ports.log.heads(streams)
      const isBehind = ([stream, head]: [string, number]) => (this.#feeds.get(stream)?.position ?? head) < head
      const suspects = [...heads].filter(isBehind)
      if (suspects.length === 0) return
      await new Promise<void>((resolve) => this.#after(WAIT_FOR_LATE_MS, resolve)) // most of them are on their way
      await Promise.all(suspects.filter(isBehind).map(([stream, head]) => this.#reachStream(stream, head)))
    } catch (error) {
      this.#ports.onError(error)
    }
  }

  stop(): void {
    clearInterval(this.#checking)
  }

  #healSoon(feed: Feed): void {
    if (this.#healing.has(feed)) return
    this.#healing.add(feed)
    this.#healLater(feed, 0)
  }

  #healLater(feed: Feed, inVain: number): void {
    this.#after(Math.min(WAIT_FOR_SWAPPED_MS * 2 ** inVain, LONGEST_WAIT_MS), () => void this.#heal(feed, inVain))
  }

  /** `looks`: how often the log was looked at and did not have what was announced. */
  async #heal(feed: Feed, looks: number): Promise<void> {
    try {
      const announced = feed.waitingFor
      await this.#reach(feed, announced)
      const inVain = feed.position < announced ? looks + 1 : 0
      if (inVain >= LOOKS_IN_VAIN && !feed.closed) await this.#forgetLost(feed, announced)
      if (feed.closed || feed.waitingFor === 0) this.#healing.delete(feed)
      else this.#healLater(feed, inVain)
    } catch (error) {
      this.#healing.delete(feed) // the next event, or the next check of the heads, tries again
      this.#ports.onError(error)
    }
  }

  /** Makes room for the real events that will have the seqs of those that were lost. Should one be dropped that is no ghost, the log still has it. */
  async #forgetLost(feed: Feed, announced: number): Promise<void> {
    const head = (await this.#head(feed.stream)) ?? 0
    if (head >= announced) return
    feed.forgetAfter(head)
    this.#ports.onError(
      new Error(`${feed.kind} ${feed.stream} was told of event ${announced}, but its log ends at ${head}: the database has lost commits.`),
    )
  }

  async #reachStream(stream: string, head: number): Promise<void> {
    const feed = this.#feeds.get(stream)
    if (feed) await this.#reach(feed, head)
  }

  /** Brings a feed up to a seq that is known to be committed. */
  async #reach(feed: Feed, upTo: number): Promise<void> {
    while (!feed.closed && feed.position < upTo) {
      const after = feed.position
      const frames = await this.read(feed.stream, after, Math.min(upTo, after + MAX_EVENTS_A_READ))
      if (frames.length === 0 || feed.closed) return
      this.#ports.onHealed(frames.filter(({ seq }) => seq > feed.position).length)
      for (const { event } of frames) feed.take(event, (frame) => this.#ports.deliver(feed, frame))
    }
  }

  /** One query for all who ask: for each stream the widest range, from which everybody gets his part. */
  async #readAll(wanted: Wanted[]): Promise<(one: Wanted) => Frame[]> {
    const widest = new Map<string, Wanted>()
    for (const one of wanted) {
      const { stream, after, upTo } = widest.get(one.stream) ?? one
      widest.set(one.stream, { stream, after: Math.min(after, one.after), upTo: Math.max(upTo, one.upTo) })
    }
    const frames = new Map<string, Frame[]>()
    for (const event of await this.#ports.log.events([...widest.values()])) {
      const known = frames.get(event.stream)
      if (known) known.push(frameOf(event))
      else frames.set(event.stream, [frameOf(event)])
    }
    return ({ stream, after, upTo }) => (frames.get(stream) ?? []).filter(({ seq }) => seq > after && seq <= upTo)
  }
}
