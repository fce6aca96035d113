/** Somebody who chats through all of it: sends, resends what was not answered, loses connections, comes back elsewhere, and writes down what he hears. */
import type { Session } from '@teahouse/protocol'
import { Listener } from '../support/listener.ts'
import type { Heard } from '../support/witness.ts'
import { acknowledge, hear, type Ledger } from './ledger.ts'
import type { Random } from './random.ts'

/** Bugs that a server could have, played between the socket and the guest, to see whether the judge finds them. */
export type Plant = 'early_reply' | 'dropped_event' | 'swapped_pair' | 'repeat_without_key'
export const PLANTS: readonly Plant[] = ['early_reply', 'dropped_event', 'swapped_pair', 'repeat_without_key']

export type GuestOptions = {
  readonly url: string
  readonly session: Session
  readonly rooms: readonly string[]
  readonly ledger: Ledger
  readonly random: Random
  /** Milliseconds between two messages, on average. */
  readonly everyMs: number
  readonly plant?: Plant | undefined
}

const ANSWER_WITHIN_MS = 5_000
const SILENT_MS = 4_000
const MAX_OPEN = 8
const KEPT = 40

type Item = { readonly client_id: string; readonly room: string; readonly content: string; sentAt: number }

export class Guest {
  readonly name: string
  readonly id: string
  readonly #options: GuestOptions
  readonly #open = new Map<string, Item>()
  readonly #done: Item[] = []
  #places: Record<string, number> = {}
  #socket: WebSocket | null = null
  #listener = new Listener()
  #ready = false
  #lastHeardAt = 0
  #stopped = false
  #quiet = false
  #plantAt: number
  #held: string | null = null

  constructor(options: GuestOptions) {
    this.#options = options
    this.name = options.session.user.username
    this.id = options.session.user.id
    this.#plantAt = options.plant ? 8 : Number.POSITIVE_INFINITY
  }

  /** Until `stop`: connects, talks, loses the connection, connects again. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#stay().catch(() => {})
      await Bun.sleep(this.#options.random.between(20, 400))
    }
  }

  /** No new messages; what is not answered yet is still asked for. */
  hush(): void {
    this.#quiet = true
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.close()
  }

  /** Loses the connection without a goodbye. */
  hop(): void {
    ;(this.#socket as (WebSocket & { terminate(): void }) | null)?.terminate()
  }

  get unanswered(): number {
    return this.#open.size
  }

  get isIn(): boolean {
    return this.#ready
  }

  /** How far he has heard a room; null when he is not in it. */
  placeIn(room: string): number | null {
    return this.#ready ? (this.#listener.rooms.get(room)?.at ?? null) : null
  }

  /** Says it all again, with the same keys. */
  repeatAll(): void {
    for (const item of this.#done) this.#say(item)
  }

  /** Something new for this room; answers its key. */
  send(room: string): string {
    const client_id = crypto.randomUUID()
    const item: Item = { client_id, room, content: `${client_id} ${'tea '.repeat(this.#options.random.whole(1, 30))}`, sentAt: 0 }
    this.#options.ledger.sent.set(client_id, { guest: this.name, room, client_id, acknowledged: null, refused: null })
    this.#open.set(client_id, item)
    if (this.#isDue('early_reply')) {
      this.#open.delete(client_id) // the reply came, and then the server died before the commit
      acknowledge(this.#options.ledger, client_id, { message_id: crypto.randomUUID(), seq: 1_000_000 })
    } else this.#say(item)
    // of what is said in a room that he was thrown out of, neither copy is taken
    if (this.placeIn(room) !== null && this.#isDue('repeat_without_key')) {
      const again = { ...item, client_id: crypto.randomUUID() }
      this.#open.set(again.client_id, again)
      this.#say(again)
    }
    return client_id
  }

  async #stay(): Promise<void> {
    const { url, session, random, everyMs, rooms } = this.#options
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
    const over = Promise.withResolvers<void>()
    this.#socket = socket
    this.#listener = new Listener()
    this.#lastHeardAt = Date.now()
    socket.addEventListener('message', ({ data }) => this.#hear(String(data)))
    socket.addEventListener('close', () => over.resolve())
    const resume = { rooms: this.#places }
    socket.addEventListener('open', () => {
      this.#listener.asked(resume)
      socket.send(JSON.stringify({ type: 'authenticate', id: 'in', payload: { token: session.access_token, resume } }))
    })
    const watch = setInterval(() => {
      const silentMs = Date.now() - this.#lastHeardAt
      if (silentMs > SILENT_MS * 2) this.hop()
      else if (silentMs > SILENT_MS && socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping","id":"ping"}')
      if (this.#ready) for (const item of this.#open.values()) if (Date.now() - item.sentAt > ANSWER_WITHIN_MS) this.#say(item)
    }, 500)
    const talk = setInterval(() => {
      if (this.#ready && !this.#quiet && this.#open.size < MAX_OPEN) this.send(random.pick(rooms))
    }, everyMs)
    await over.promise
    clearInterval(watch)
    clearInterval(talk)
    this.#rememberPlaces()
    this.#ready = false
    this.#socket = null
  }

  #say(item: Item): void {
    const { client_id, room, content } = item
    if (!this.#ready || this.#socket?.readyState !== WebSocket.OPEN) return
    item.sentAt = Date.now()
    this.#socket.send(JSON.stringify({ type: 'send_message', id: client_id, payload: { room_id: room, content, client_id } }))
  }

  /** Where he stands, once everything missed is there; before that, where he stood. */
  #rememberPlaces(): void {
    if (!this.#ready) return
    this.#places = Object.fromEntries([...this.#listener.rooms].map(([room, { at }]) => [room, at]))
  }

  #hear(text: string): void {
    this.#lastHeardAt = Date.now()
    if (!isNews(text)) return this.#take(text)
    if (this.#isDue('dropped_event')) return
    if (this.#isDue('swapped_pair')) return void (this.#held = text)
    this.#take(text)
    const held = this.#held
    if (held === null || roomOf(held) !== roomOf(text)) return // only within a room there is an order
    this.#held = null
    this.#take(held)
  }

  /** Once, after some of what this plant spoils went well. */
  #isDue(plant: Plant): boolean {
    return this.#options.plant === plant && this.#plantAt-- === 0
  }

  #take(text: string): void {
    const frame = JSON.parse(text) as Heard
    const { type, id, payload } = frame
    const { ledger } = this.#options
    for (const complaint of this.#listener.hear(frame)) ledger.complaints.push({ guest: this.name, at: Date.now(), text: complaint })
    if (typeof payload['event_id'] === 'string' && typeof payload['seq'] === 'number')
      hear(ledger, this.name, payload['room_id'] as string, { seq: payload['seq'], event_id: payload['event_id'], type })
    if (type === 'caught_up') this.#enter()
    else if (type === 'reply' && id !== undefined) this.#answered(id, payload as { message_id: string; seq: number })
    else if (type === 'error') this.#refused(id, payload as { code: string; retryable: boolean })
  }

  #enter(): void {
    this.#ready = true
    this.#rememberPlaces()
    for (const item of this.#open.values()) this.#say(item)
  }

  #answered(id: string, { message_id, seq }: { message_id: string; seq: number }): void {
    acknowledge(this.#options.ledger, id, { message_id, seq })
    const item = this.#open.get(id)
    if (!item) return
    this.#open.delete(id)
    this.#done.push(item)
    if (this.#done.length > KEPT) this.#done.shift()
  }

  #refused(id: string | undefined, { code, retryable }: { code: string; retryable: boolean }): void {
    if (id === undefined || id === 'in') return
    const sent = this.#options.ledger.sent.get(id)
    if (retryable) {
      const item = this.#open.get(id)
      if (item) item.sentAt = Date.now() - ANSWER_WITHIN_MS + 500
      return
    }
    if (sent) sent.refused = code
    this.#open.delete(id)
  }
}

const roomOf = (text: string): string => (JSON.parse(text) as { payload: { room_id: string } }).payload.room_id
const isNews = (text: string): boolean => text.startsWith('{"type":"message_sent"')
