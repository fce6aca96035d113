/** One socket: who it belongs to, what it listens to, and its commands, which run in order while a bounded number waits. */
import type { Actor } from '../../application/ports/transaction.ts'
import { newId } from '../../domain/id.ts'
import type { Feed } from './feed.ts'

/** What a connection needs from the runtime's socket. */
export type Socket = {
  send(text: string): void
  /** In as few writes as possible. */
  sendAll(texts: readonly string[]): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  close(code: number, reason: string): void
  /** Its answer comes behind everything that the client had sent before it. */
  ping(): void
  /** Without a word: for those who do not read. */
  terminate(): void
  /** Bytes that wait for this reader. */
  unsentBytes(): number
  pause(): void
  resume(): void
}

/** A command whose frame was checked, but not its payload. */
export type Command = { readonly type: string; readonly id: string | undefined; readonly payload: unknown; readonly bytes: number }

/** Feeds that were opened for a connection and are not listened to yet, each with the seq up to which it was sent. */
export type Places = Map<Feed, number>

const PAUSE_AT = 64
const RESUME_AT = 16
/** What waits for a reader is held in memory. */
const TAKES_NOTHING_MS = 30_000
/** After the pause the runtime may still hand us what it had read already; this is the end of patience. */
const MAX_WAITING = 4_096
const MAX_WAITING_BYTES = 1_048_576

/** Shared by all connections that wait for nothing; never written to. */
const NONE: Command[] = []
const SETTLED = Promise.resolve()

export class Connection {
  readonly id = newId()
  readonly socket: Socket
  readonly openedAt: number
  lastHeardAt: number
  actor: Actor | null = null
  /** The user_seq of the state it started from: the user's own events up to there have had their effect. */
  stateSeq = 0
  /** The history that its seqs belong to. */
  epoch = ''
  /** Milliseconds; the socket lives no longer than its token. */
  expiresAt = Number.POSITIVE_INFINITY
  /** The rooms it hears. A list: most sockets hear a few, and a map costs each of them a kilobyte. */
  rooms: Feed[] = []
  userFeed: Feed | null = null
  /** Another connection of the same user. */
  sibling: Connection | null = null
  /** Rooms joined while connected → the seq that their announcement told; gone again with the membership. Null: none. */
  announced: Map<string, number> | null = null
  /** What it is about to hear. Whoever is removed meanwhile is taken out here too. */
  coming: Places | null = null
  /** It came in, and others were told. */
  arrived = false
  closed = false
  /** Much waited for it when somebody looked last: it does not keep up. */
  behind = false
  malformedInARow = 0
  /** Changes of what it listens to happen one after the other. */
  following: Promise<void> = SETTLED
  #waiting: Command[] = NONE
  #waitingBytes = 0
  #running = 0
  #runningTogether = true
  #paused = false
  #onDrain: (() => void)[] | null = null
  #onPong: (() => void) | null = null
  #held: string[] | null = null
  #heldLength = 0
  #holdAtMost = 0

  constructor(socket: Socket, now: number) {
    this.socket = socket
    this.openedAt = now
    this.lastHeardAt = now
  }

  /** What it hears of a room, if it does. */
  feedOf(roomId: string): Feed | undefined {
    return this.rooms.find(({ stream }) => stream === roomId)
  }

  send(text: string): void {
    if (this.closed) return
    if (this.#held === null) return this.socket.send(text)
    this.#held.push(text)
    this.#heldLength += text.length
    if (this.#heldLength > this.#holdAtMost) this.flush()
  }

  /** From now on frames leave together, at `flush` or when they have so many characters. */
  hold(atMost: number): void {
    this.#held ??= []
    this.#holdAtMost = atMost
  }

  /** What was said so far has been handed to the socket. */
  get flushed(): boolean {
    return this.#heldLength === 0
  }

  flush(): void {
    if (this.#held === null || this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    this.#heldLength = 0
    if (!this.closed) this.socket.sendAll(held)
  }

  /** The end of `hold`. */
  release(): void {
    this.flush()
    this.#held = null
  }

  close(code: number, reason: string): void {
    if (this.closed) return
    this.socket.close(code, reason)
  }

  /**
   * Queues a command. `together`: commands that keep their order by themselves (messages, through the writer) may run at the same time; any other
   * waits for all before it. Returns false when too much waits: the flood must end.
   */
  enqueue(command: Command, run: (command: Command) => Promise<void>, together: (command: Command) => boolean): boolean {
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES) return false
    if (this.#waiting === NONE) this.#waiting = [command]
    else this.#waiting.push(command)
    this.#waitingBytes += command.bytes
    this.#pump(run, together)
    this.#pace()
    return true
  }

  /** Resolves when little waits for this reader, or when the socket is gone; a reader who takes nothing for long is cut off. */
  async drained(maxBytes: number): Promise<void> {
    for (let unsent = this.socket.unsentBytes(); !this.closed && unsent > maxBytes; unsent = this.socket.unsentBytes()) {
      const patience = setTimeout(() => this.socket.unsentBytes() >= unsent && this.socket.terminate(), TAKES_NOTHING_MS)
      await new Promise<void>((resolve) => (this.#onDrain ??= []).push(resolve))
      clearTimeout(patience)
    }
  }

  /** The runtime says that the reader took something. */
  drain(): void {
    const waiting = this.#onDrain
    this.#onDrain = null
    for (const resolve of waiting ?? []) resolve()
  }

  /** Resolves when everything has arrived that the client had sent before it heard what was said to it so far, or when the socket is gone. */
  roundTrip(): Promise<void> {
    if (this.closed) return SETTLED
    return new Promise((resolve) => {
      this.#onPong = resolve
      this.socket.ping()
    })
  }

  /** The runtime says that a ping was answered. */
  pong(): void {
    this.#onPong?.()
    this.#onPong = null
  }

  /** What waits is dropped: nobody is there for the answers. What runs, runs to its end. */
  ended(): void {
    this.closed = true
    this.#waiting = NONE
    this.drain()
    this.pong()
  }

  /** Commands that were accepted and not answered yet. */
  get busy(): number {
    return this.#running + this.#waiting.length
  }

  #pump(run: (command: Command) => Promise<void>, together: (command: Command) => boolean): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#running >= PAUSE_AT || (this.#running > 0 && !(this.#runningTogether && together(next)))) return
      if (this.#waiting.length === 1) this.#waiting = NONE
      else this.#waiting.shift()
      this.#waitingBytes -= next.bytes
      this.#runningTogether = together(next)
      this.#running++
      void run(next).finally(() => {
        this.#running--
        this.#pump(run, together)
        this.#pace()
      })
    }
  }

  #pace(): void {
    if (this.closed) return
    if (!this.#paused && this.busy >= PAUSE_AT) {
      this.#paused = true
      this.socket.pause()
    } else if (this.#paused && this.busy <= RESUME_AT) {
      this.#paused = false
      this.socket.resume()
    }
  }
}
