/** The events of one stream as this process hears them: in order, once, without holes, each frame encoded once for all listeners. */
import type { PublishedEvent } from '../../domain/event.ts'

export type Frame = { readonly seq: number; readonly text: string; readonly event: PublishedEvent }

/** Beyond this many events out of order, the log is asked for all of them. */
const MAX_PENDING = 1_000
/** Frames kept for those who are just catching up. */
const MAX_RECENT = 128

/** Shared by all feeds that keep nothing; never written to. */
const NOTHING: Frame[] = []

export const frameOf = (event: PublishedEvent): Frame => ({
  seq: event.seq,
  text: `{"type":"${event.type}","payload":${event.payload}}`,
  event,
})

export class Feed {
  readonly kind: PublishedEvent['kind']
  readonly stream: string
  /** The seq of the last frame that went out here. */
  position: number
  listeners = 0
  /** Nobody listens any more; a feed that somebody opens later is another one, and only that one may speak. */
  closed = false
  /** Null while empty: most feeds are of one quiet user. */
  #pending: Map<number, PublishedEvent> | null = null
  #recent: Frame[] = NOTHING
  #kept = 0

  constructor(kind: PublishedEvent['kind'], stream: string, position: number) {
    this.kind = kind
    this.stream = stream
    this.position = position
  }

  /** Takes what arrives in any order and hands out what is next in line. Returns whether a hole remains. */
  take(event: PublishedEvent, deliver: (frame: Frame) => void): boolean {
    if (event.seq <= this.position) return this.#pending !== null // a repeat
    if (event.seq !== this.position + 1) {
      this.#pending ??= new Map()
      if (this.#pending.size < MAX_PENDING) this.#pending.set(event.seq, event)
      return true
    }
    this.#emit(event, deliver)
    for (let next = this.#next(); next; next = this.#next()) this.#emit(next, deliver)
    return this.#pending !== null
  }

  /** The highest seq that is known to exist and was not handed out yet, or 0. */
  get waitingFor(): number {
    return this.#pending === null ? 0 : Math.max(...this.#pending.keys())
  }

  /** Drops what waits for its turn and has a higher seq than this. */
  forgetAfter(seq: number): void {
    for (const waiting of this.#pending?.keys() ?? []) if (waiting > seq) this.#pending?.delete(waiting)
    if (this.#pending?.size === 0) this.#pending = null
  }

  /** Frames after `seq` up to the position, or null when they are no longer here. */
  since(seq: number): Frame[] | null {
    if (seq >= this.position) return []
    const first = this.#recent[0]
    if (!first || first.seq > seq + 1) return null
    return this.#recent.slice(seq + 1 - first.seq)
  }

  /** Called now and then: frames that were here the last time are let go. */
  age(): void {
    if (this.#recent.length > 0) this.#recent = this.#recent.length === this.#kept ? NOTHING : this.#recent.slice(this.#kept)
    this.#kept = this.#recent.length
  }

  #next(): PublishedEvent | undefined {
    if (this.#pending === null) return undefined
    const event = this.#pending.get(this.position + 1)
    if (event) this.#pending.delete(event.seq)
    if (this.#pending.size === 0) this.#pending = null
    return event
  }

  #emit(event: PublishedEvent, deliver: (frame: Frame) => void): void {
    const frame = frameOf(event)
    this.position = event.seq
    if (this.#recent === NOTHING) this.#recent = [frame]
    else this.#recent.push(frame)
    if (this.#recent.length > MAX_RECENT) {
      this.#recent.shift()
      this.#kept = Math.max(0, this.#kept - 1)
    }
    deliver(frame)
  }
}
