/** Reading topics as a member of a group: batches in order, committed after the work, nothing of a partition touched once it is another member's. */
import { Consumer, type Message, type MessagesStream, stringDeserializers } from '@platformatic/kafka'
import { within } from '../../domain/within.ts'
import { connectionOf, GOODBYE_MS, type KafkaSettings, pauseMs } from './client.ts'

export type Incoming = Message<string, string, string, string>
type Stream = MessagesStream<string, string, string, string>
type Client = Consumer<string, string, string, string>

export type SubscriptionPorts = {
  settings: KafkaSettings
  groupId: string
  topics: readonly string[]
  /** Does the work of a batch, in order. Resolved: committed. Rejected: the same batch comes again, after a pause that grows. */
  work: (batch: readonly Incoming[]) => Promise<void>
  onError: (error: unknown) => void
  onRetry: (error: unknown) => void
}

export type Subscription = {
  /** Records that are not committed yet in the partitions that are ours. */
  lag(): Promise<number>
  /** The batch under way is finished and committed, then the group is left. */
  close(): Promise<void>
}

const BATCH = 200
const SESSION_MS = 10_000
const MEBIBYTE = 1_048_576

/** Half of the pause by chance: members that failed together do not come back together. */
const jittered = (attempt: number): number => pauseMs(attempt) * (0.5 + Math.random() / 2)

export function subscribe(ports: SubscriptionPorts): Subscription {
  const stopping = Promise.withResolvers<undefined>()
  let closing = false
  let member: Member | null = null

  async function run(): Promise<void> {
    for (let attempt = 1; !closing; attempt++) {
      const since = Date.now()
      member = new Member(ports, stopping.promise, () => closing)
      await member.live().catch((error: unknown) => {
        if (!closing) ports.onError(error)
      })
      if (Date.now() - since > 30_000) attempt = 1
      if (!closing) await within(jittered(attempt), stopping.promise)
    }
  }
  const ended = run()
  return {
    lag: async () => (await member?.lag()) ?? 0,
    async close() {
      closing = true
      stopping.resolve(undefined)
      member?.nudge()
      await ended
    },
  }
}

/** One stay in the group: from joining until something fails, after which a new one begins. */
class Member {
  readonly #ports: SubscriptionPorts
  readonly #stopping: Promise<undefined>
  readonly #isClosing: () => boolean
  readonly #client: Client
  #failure: unknown
  #joined = 0 // counts the assignments that we were given
  #held = false // a rebalance is under way: take nothing
  #working: Promise<void> | undefined
  #committing = false
  #wake = () => {}

  constructor(ports: SubscriptionPorts, stopping: Promise<undefined>, isClosing: () => boolean) {
    this.#ports = ports
    this.#stopping = stopping
    this.#isClosing = isClosing
    this.#client = this.#newClient()
  }

  nudge(): void {
    this.#wake()
  }

  async lag(): Promise<number> {
    let sum = 0
    const lags = (await this.#client.getLag({ topics: [...this.#ports.topics] })) as Map<string, bigint[]>
    for (const partitions of lags.values()) for (const lag of partitions) sum += Math.max(0, Number(lag))
    return sum
  }

  async live(): Promise<void> {
    let stream = await this.#open().catch((error: unknown) => this.#fail(error))
    let known = this.#joined
    let batch: Incoming[] = []
    let failures = 0
    try {
      while (stream && !this.#isClosing() && this.#failure === undefined) {
        if (known !== this.#joined) {
          // What is buffered may be another member's now. A new stream starts at what is committed; it opens before the old one
          // closes: the other way round the topic counts as dropped, and the member joins again, without end.
          known = this.#joined
          batch = []
          const old: Stream = stream
          stream = await this.#open()
          release(old)
          continue
        }
        if (!this.#held) take(stream, batch)
        if (this.#held || batch.length === 0) {
          if (stream.destroyed || stream.readableEnded) this.#fail(undefined)
          else await within(1_000, new Promise<void>((resolve) => (this.#wake = resolve)))
          continue
        }
        if (failures > 0) {
          await within(jittered(failures), this.#stopping)
          if (this.#held || known !== this.#joined || this.#isClosing()) continue
        }
        if (await this.#workOn(batch)) {
          batch = []
          failures = 0
        } else failures++
      }
      if (this.#failure !== undefined) throw this.#failure
    } finally {
      if (stream) release(stream)
      // Kafka answers a goodbye only after what it was asked before, such as to join; without one it gives our partitions away later.
      await within(GOODBYE_MS, this.#client.close(true))
    }
  }

  /** The work and its commit; a rebalance waits for both. False: the work failed. */
  async #workOn(batch: readonly Incoming[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#working = promise
    try {
      try {
        await this.#ports.work(batch)
      } catch (error) {
        if (!this.#isClosing()) this.#ports.onError(error)
        return false
      }
      const last = new Map(batch.map((message) => [`${message.topic}:${message.partition}`, message]))
      this.#committing = true
      const offsets = [...last.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch,
      }))
      const committed = this.#client.commit({ offsets })
      committed.catch(() => {}) // it rejects after we stopped waiting for it
      // What Kafka does not take from somebody who leaves comes again, and whoever works on it finds it done.
      await Promise.race([committed, this.#stopping.then(() => within(GOODBYE_MS, committed))])
      return true
    } finally {
      this.#committing = false
      this.#working = undefined
      resolve()
    }
  }

  async #open(): Promise<Stream | undefined> {
    const opening: Promise<Stream> = this.#client.consume({ topics: [...this.#ports.topics], mode: 'committed', fallbackMode: 'earliest' })
    // Whether we still wait for it or not: an error of a stream that nobody listens to would end the process.
    opening.then(
      (stream) => stream.on('error', (error: Error) => this.#fail(error)),
      () => {},
    )
    const stream = await Promise.race([opening, this.#stopping])
    stream?.on('readable', () => this.nudge())
    stream?.on('end', () => this.nudge())
    return stream
  }

  #fail(error: unknown): undefined {
    this.#failure ??= error ?? new Error('the stream of Kafka ended')
    this.nudge()
  }

  #newClient(): Client {
    const client: Client = new Consumer<string, string, string, string>({
      ...connectionOf(this.#ports.settings, this.#ports.onRetry),
      clientId: 'teahouse',
      groupId: this.#ports.groupId,
      deserializers: stringDeserializers,
      autocommit: false,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: 30_000,
      heartbeatInterval: SESSION_MS / 10,
      protocols: [{ name: 'roundrobin', version: 1 }],
      // A fetch is pushed whole, whatever the high-water mark says: these bound the memory.
      maxBytes: 4 * MEBIBYTE,
      maxBytesPerPartition: MEBIBYTE,
      maxWaitTime: 1_000,
      minBytes: 1,
      // Some 50 s: a broker that restarts in that time finds the member as it was.
      retries: 20,
      // Called before each rejoining, and awaited: the only place to finish what we own before others get it.
      protocolsMetadata: async () => {
        this.#held = true
        // A commit that is refused joins the group itself, from in here: it must not wait for itself.
        if (this.#working) await within(this.#committing ? 500 : SESSION_MS / 2, this.#working)
        return Buffer.alloc(0)
      },
    })
    client.on('error', (error: Error) => this.#fail(error)) // without a listener a failed rejoining would end the process
    client.on('consumer:heartbeat:stalled', () => this.#fail(new Error('no heartbeat got through to Kafka')))
    client.on('consumer:group:join', () => {
      this.#joined++
      this.#held = false
      this.nudge()
    })
    return client
  }
}

function take(stream: Stream, batch: Incoming[]): void {
  while (batch.length < BATCH) {
    const message = stream.read() as Incoming | null
    if (message === null) return
    batch.push(message)
  }
}

function release(stream: Stream): void {
  stream.removeAllListeners('readable')
  stream.destroy()
}
