/** Whatever is lost, refused, repeated or reloaded: each message becomes one message, and those of a room keep their order. */
import { expect, test } from 'bun:test'
import type { CommandInput, RoomEvent } from '@teahouse/protocol'
import { ChatError, type ErrorCode, memoryStorage } from '@teahouse/sdk'
import fc from 'fast-check'
import type { Answer } from '../src/connection/line.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import type { Queue } from '../src/outbox/queue.ts'
import { createShelf } from '../src/outbox/shelf.ts'
import { createFakeClock } from './support/fake-clock.ts'
import { id, MY_USER, newMessage, sent } from './support/samples.ts'
import { createFakeLocks } from './support/stage.ts'

const ROOMS = [id(100), id(101)]
const REFUSALS: ErrorCode[] = ['slow_mode', 'rate_limited', 'unavailable', 'internal_error', 'validation_failed']

type Step =
  | { kind: 'write'; room: number }
  /** The oldest request: lost on the way, or done; its answer given, lost, or given late; a refusal. */
  | { kind: 'request'; fate: 'lost' | 'done' | 'done, answer lost' | 'refused'; refusal: number }
  | { kind: 'event' | 'lose_line' | 'come_back' | 'reload' | 'retry_failed' }
  | { kind: 'time'; ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), room: fc.nat({ max: 1 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      fate: fc.constantFrom('lost' as const, 'done' as const, 'done' as const, 'done, answer lost' as const, 'refused' as const),
      refusal: fc.nat({ max: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('lose_line' as const, 'come_back' as const, 'reload' as const, 'retry_failed' as const) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat({ max: 20_000 }) }) },
)

/** A server that makes one message of one client_id, and the client's side of the line to it. */
class Story {
  readonly written: { room: string; client_id: string }[] = []
  readonly log: { room: string; client_id: string; seq: number }[] = []
  readonly #clock = createFakeClock()
  readonly #storage = memoryStorage()
  #locks = createFakeLocks()
  #requests: { payload: CommandInput<'send_message'>; answer: Answer }[] = []
  #events: RoomEvent[] = []
  #heads = new Map<string, number>()
  #live = true
  #queue: Queue = new Map()
  #outbox = this.#newOutbox()

  /** Lets promises settle: storage is asynchronous. */
  settled = () => new Promise<void>((resolve) => setImmediate(resolve))

  async open(): Promise<void> {
    await this.#outbox.open(createShelf({ storage: this.#storage, locks: this.#locks, newId: () => crypto.randomUUID() }, 'outbox:me'))
  }

  async run(one: Step): Promise<void> {
    switch (one.kind) {
      case 'write': {
        const room = ROOMS[one.room] ?? ''
        this.written.push({ room, client_id: this.#outbox.send(room, { content: `${this.written.length}` }) })
        break
      }
      case 'request':
        this.#serve(one)
        break
      case 'event':
        this.#hear(1)
        break
      case 'lose_line':
        this.#loseLine()
        break
      case 'come_back':
        this.#comeBack()
        break
      case 'reload':
        await this.settled() // what was written is on the shelf
        this.#requests = []
        this.#locks = createFakeLocks() // the tab's locks end with it
        this.#outbox = this.#newOutbox()
        this.#queue = new Map()
        await this.open()
        break
      case 'retry_failed':
        for (const messages of this.#queue.values())
          for (const { state, client_id } of messages) if (state === 'failed') this.#outbox.retry(client_id)
        break
      case 'time':
        await this.#clock.advance(one.ms)
    }
    await this.settled()
  }

  /** The weather clears: until nothing is left to do. */
  async clear(): Promise<void> {
    this.#comeBack()
    for (let i = 0; i < 1_000 && (this.#queue.size > 0 || this.#requests.length > 0 || this.#events.length > 0); i++) {
      await this.run({ kind: 'retry_failed' })
      await this.run({ kind: 'request', fate: 'done', refusal: 0 })
      this.#hear(Infinity)
      await this.run({ kind: 'time', ms: 1_000 })
    }
    expect(this.#queue.size).toBe(0)
    await this.settled()
    expect(await this.#storage.keys('')).toEqual([])
  }

  #newOutbox(): Outbox {
    const outbox: Outbox = new Outbox({
      ports: { clock: this.#clock, random: () => 0.5, newId: () => crypto.randomUUID() },
      ask: (payload, answer) => {
        if (outbox === this.#outbox) this.#requests.push({ payload, answer })
      },
      isLive: () => this.#live && outbox === this.#outbox,
      head: (roomId) => this.#heads.get(roomId) ?? 0,
      changed: (queue) => {
        if (outbox === this.#outbox || this.#outbox === undefined) this.#queue = queue
      },
      failed: () => {},
    })
    return outbox
  }

  #serve({ fate, refusal }: Extract<Step, { kind: 'request' }>): void {
    const request = this.#requests.shift()
    if (!request || fate === 'lost') return this.#asLost(request?.answer)
    if (fate === 'refused')
      return request.answer({ error: new ChatError(REFUSALS[refusal] ?? 'unavailable', { retry_after_ms: 1_500 }), answered: true })
    const { room_id: room, client_id } = request.payload
    const known = this.log.find((entry) => entry.client_id === client_id && entry.room === room)
    const entry = known ?? { room, client_id, seq: this.log.filter((other) => other.room === room).length + 1 }
    if (!known) {
      this.log.push(entry)
      this.#events.push(sent(entry.seq, { room_id: room, client_id, sender: MY_USER }))
    }
    if (fate === 'done, answer lost') return this.#asLost(request.answer)
    const { id: message_id, created_at } = newMessage(entry.seq)
    request.answer({ payload: { message_id, seq: entry.seq, created_at, replayed: known !== undefined } })
  }

  // On a living line an answer is lost only with the line, or by running out of time.
  #asLost = (answer: Answer | undefined): void => answer?.({ error: new ChatError('unavailable'), answered: false })

  #hear(count: number): void {
    for (const event of this.#events.splice(0, Math.min(count, this.#events.length))) {
      this.#heads.set(event.payload.room_id, event.payload.seq)
      this.#outbox.seen(event)
    }
  }

  #loseLine(): void {
    this.#live = false
    const unanswered = this.#requests.splice(0)
    this.#outbox.interrupted()
    for (const { answer } of unanswered) this.#asLost(answer)
  }

  #comeBack(): void {
    this.#live = true
    this.#hear(Infinity) // the resume
    this.#outbox.caughtUp()
  }
}

test('each message becomes one message, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps: Step[]) => {
      const story = new Story()
      await story.open()
      for (const one of steps) await story.run(one)
      await story.clear()
      for (const room of ROOMS) {
        const logged = story.log.filter((entry) => entry.room === room).map((entry) => entry.client_id)
        const written = story.written.filter((entry) => entry.room === room).map((entry) => entry.client_id)
        expect(logged.toSorted()).toEqual(written.toSorted())
        if (!steps.some((one) => one.kind === 'request' && one.fate === 'refused' && one.refusal >= 3)) expect(logged).toEqual(written)
      }
    }),
    { numRuns: Number(process.env['SDK_RUNS'] ?? 150) },
  )
})
