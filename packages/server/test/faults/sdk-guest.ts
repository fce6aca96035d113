/** A guest who uses the SDK, as people do: what its outbox promises and what its timelines show is evidence too. */
import type { Session } from '@teahouse/protocol'
import { createTeahouse, latestSpan, memoryStorage, type Teahouse } from '@teahouse/sdk'
import { acknowledge, hear, type Ledger } from './ledger.ts'
import type { Logged } from './judge.ts'
import type { Random } from './random.ts'

export type SdkGuestOptions = {
  readonly url: string
  readonly session: Session
  readonly password: string
  readonly rooms: readonly string[]
  readonly ledger: Ledger
  readonly random: Random
  readonly everyMs: number
}

const MAX_OPEN = 6

export class SdkGuest {
  readonly name: string
  readonly id: string
  readonly #options: SdkGuestOptions
  readonly #tea: Teahouse
  readonly #open = new Set<string>()
  #talking: ReturnType<typeof setInterval> | null = null

  constructor(options: SdkGuestOptions) {
    this.#options = options
    this.name = `${options.session.user.username} (SDK)`
    this.id = options.session.user.id
    this.#tea = createTeahouse({ url: options.url, ports: { storage: memoryStorage() } })
  }

  async run(): Promise<void> {
    const { session, password, rooms, random, everyMs, ledger } = this.#options
    this.#tea.on('message_sent', ({ room_id, seq, event_id }) => hear(ledger, this.name, room_id, { seq, event_id, type: 'message_sent' }))
    await this.#tea.login({ login: session.user.username, password })
    this.#comeIn()
    this.#talking = setInterval(() => {
      if (this.isIn && this.#open.size < MAX_OPEN) this.send(random.pick(rooms))
    }, everyMs)
  }

  hush(): void {
    if (this.#talking) clearInterval(this.#talking)
  }

  stop(): void {
    this.hush()
    this.#tea.stop()
  }

  /** Goes away and comes back, to whichever instance answers. */
  hop(): void {
    this.#tea.stop()
    this.#comeIn()
  }

  /** It goes on trying by itself; the promise fails when a hop comes first. */
  #comeIn(): void {
    this.#tea.start().catch(() => {})
  }

  /** Its outbox repeats by itself. */
  repeatAll(): void {}

  get unanswered(): number {
    return this.#open.size
  }

  get isIn(): boolean {
    return this.#tea.view('connection').phase === 'live'
  }

  placeIn(room: string): number | null {
    return this.isIn ? (this.#tea.view(`room:${room}`)?.last_seq ?? null) : null
  }

  send(room: string): void {
    const { ledger } = this.#options
    const word = crypto.randomUUID()
    const client_id = this.#tea.send(room, { content: `${word} by the SDK` })
    ledger.sent.set(client_id, { guest: this.name, room, client_id, acknowledged: null, refused: null })
    this.#open.add(client_id)
    this.#tea
      .delivered(client_id)
      .then(({ message_id, seq }) => acknowledge(ledger, client_id, { message_id, seq }))
      .catch((error: unknown) => {
        const sent = ledger.sent.get(client_id)
        if (sent) sent.refused = String(error)
      })
      .finally(() => this.#open.delete(client_id))
      .catch(() => {})
  }

  /** What its timelines show at their end is what the log holds there. */
  complain(log: readonly Logged[]): void {
    for (const room of this.#options.rooms) {
      const view = this.#tea.view(`timeline:${room}`)
      const span = view && latestSpan(view)
      if (!span || !this.#tea.view(`room:${room}`)) continue
      const shown = span.messages.map(({ seq, id }) => `${seq} ${id}`)
      const logged = log
        .filter(({ stream, seq, sender_id }) => stream === room && sender_id !== null && seq >= span.from)
        .map(({ seq, event_id }) => `${seq} ${event_id}`)
      if (shown.join() !== logged.join())
        this.#options.ledger.complaints.push({
          guest: this.name,
          at: Date.now(),
          text: `its timeline of ${room} shows ${shown.length} messages from ${span.from} on, the log has ${logged.length}`,
        })
    }
  }
}
