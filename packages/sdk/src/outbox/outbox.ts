/** Sends what was written: in order, again and again under the same client_id, until it is answered. */
import type { CommandInput, RoomEvent } from '@teahouse/protocol'
import { ChatError } from '@teahouse/protocol/errors'
import type { Draft, Sent } from '../client.ts'
import type { Answer } from '../connection/line.ts'
import type { Ports } from '../ports.ts'
import type { OutboxMessage } from './outbox-message.ts'
import { judge } from './patience.ts'
import * as q from './queue.ts'
import type { Shelf } from './shelf.ts'

export type OutboxParts = {
  ports: Pick<Ports, 'clock' | 'random' | 'newId'>
  /** Asks the server; the answer may be that the line was lost. */
  ask(payload: CommandInput<'send_message'>, answer: Answer): void
  isLive(): boolean
  /** The last seq of a room that was applied. */
  head(roomId: string): number | undefined
  changed(queue: q.Queue): void
  failed(message: OutboxMessage): void
}

type Waiting = { resolve: (sent: Sent) => void; reject: (error: ChatError) => void }
/** How many outcomes are remembered for those who ask late. */
const OUTCOMES_KEPT = 1_000

export class Outbox {
  readonly #parts: OutboxParts
  #queue: q.Queue = q.EMPTY_QUEUE
  #shelf: Shelf | null = null
  #stopTimer = () => {}
  #lastWrittenAt = 0
  readonly #waiting = new Map<string, Waiting[]>()
  readonly #outcomes = new Map<string, Sent | ChatError>()

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** Belongs to one user: takes over what his gone tabs left. */
  async open(shelf: Shelf): Promise<void> {
    this.#shelf = shelf
    await this.adopt()
  }

  async adopt(): Promise<void> {
    const shelf = this.#shelf
    const adopted = (await shelf?.adopt()) ?? []
    if (shelf !== this.#shelf) return
    for (const message of adopted) {
      this.#lastWrittenAt = Math.max(this.#lastWrittenAt, message.written_at)
      this.#set(q.enqueued(this.#queue, message))
    }
    this.pump()
  }

  /** The user is gone from here. What he wrote stays on the shelf, or is forgotten. */
  async close(forget: boolean): Promise<void> {
    const shelf = this.#shelf
    this.#shelf = null
    this.#stopTimer()
    this.#set(q.EMPTY_QUEUE)
    for (const clientId of this.#waiting.keys()) this.#settle(clientId, new ChatError('unauthorized'))
    if (forget) await shelf?.clear()
    shelf?.leave()
  }

  send(roomId: string, draft: Draft): string {
    const client_id = this.#parts.ports.newId()
    this.#lastWrittenAt = Math.max(this.#parts.ports.clock.now(), this.#lastWrittenAt + 1) // so that the order outlives a reload
    const message: OutboxMessage = {
      client_id,
      room_id: roomId,
      content: draft.content,
      message_type: draft.message_type ?? 'text',
      reply_to_message_id: draft.reply_to_message_id ?? null,
      attachments: draft.attachments ?? [],
      written_at: this.#lastWrittenAt,
      state: 'queued',
      attempts: 0,
      error: null,
      retry_at: null,
      seq: null,
    }
    this.#shelf?.put(message)
    this.#set(q.enqueued(this.#queue, message))
    this.pump()
    return client_id
  }

  delivered(clientId: string): Promise<Sent> {
    const outcome = this.#outcomes.get(clientId)
    if (outcome instanceof ChatError) return Promise.reject(outcome)
    if (outcome) return Promise.resolve(outcome)
    if (!q.findIn(this.#queue, clientId)) return Promise.reject(new ChatError('message_not_found'))
    return new Promise((resolve, reject) => this.#waiting.set(clientId, [...(this.#waiting.get(clientId) ?? []), { resolve, reject }]))
  }

  retry(clientId: string): void {
    this.#outcomes.delete(clientId)
    this.#set(q.retried(this.#queue, clientId))
    this.pump()
  }

  discard(clientId: string): void {
    this.#leave(clientId, new ChatError('message_not_found', { message: 'The message was discarded before it was sent.' }))
    this.pump()
  }

  /** An event arrived: if it is one of ours, it is no longer ours to send. */
  seen(event: RoomEvent): void {
    if (event.type !== 'message_sent') return
    const { id, seq, created_at, client_id } = event.payload.message
    if (client_id === null || !q.findIn(this.#queue, client_id)) return
    this.#leave(client_id, { message_id: id, seq, created_at, replayed: false })
    this.pump()
  }

  /** Rooms may have been started anew, without the events of what was sent. */
  caughtUp(): void {
    this.#set(q.passed(this.#queue, (roomId) => this.#parts.head(roomId)))
    this.pump()
  }

  interrupted(): void {
    this.#set(q.interrupted(this.#queue))
  }

  /** Sends what may be sent now, and comes back when more may. */
  pump(): void {
    this.#stopTimer()
    if (!this.#parts.isLive()) return
    const { clock } = this.#parts.ports
    for (const message of q.due(this.#queue, clock.now())) this.#sendOne(message)
    const next = q.nextRetryAt(this.#queue, clock.now())
    if (next !== null) this.#stopTimer = clock.after(next - clock.now(), () => this.pump())
  }

  #sendOne({ client_id, room_id, content, message_type, reply_to_message_id, attachments }: OutboxMessage): void {
    this.#set(q.sending(this.#queue, client_id))
    const payload = { client_id, room_id, content, message_type, reply_to_message_id, attachments: [...attachments] }
    this.#parts.ask(payload, (outcome) => {
      if (q.findIn(this.#queue, client_id)?.state !== 'sending') return
      if (!('error' in outcome)) this.#answered(client_id, outcome.payload as Sent)
      else if (outcome.answered || this.#parts.isLive()) this.#refused(client_id, outcome.error)
      else this.#set(q.interrupted(this.#queue))
      this.pump()
    })
  }

  #answered(clientId: string, sent: Sent): void {
    const roomId = q.findIn(this.#queue, clientId)?.room_id ?? ''
    this.#shelf?.remove(clientId)
    this.#set(q.answered(this.#queue, clientId, sent, this.#parts.head(roomId)))
    this.#settle(clientId, sent)
  }

  #refused(clientId: string, error: ChatError): void {
    const attempts = q.findIn(this.#queue, clientId)?.attempts ?? 0
    const verdict = judge(error, attempts, this.#parts.ports.random)
    if (verdict.verdict === 'wait') {
      const until = this.#parts.ports.clock.now() + verdict.ms
      const waiting = q.waits(this.#queue, clientId, error, until)
      return this.#set(verdict.everywhere ? q.heldBack(waiting, until) : waiting)
    }
    this.#set(q.failed(this.#queue, clientId, error))
    this.#settle(clientId, error)
    const message = q.findIn(this.#queue, clientId)
    if (!message) return
    this.#shelf?.put(message)
    this.#parts.failed(message)
  }

  #leave(clientId: string, outcome: Sent | ChatError): void {
    this.#shelf?.remove(clientId)
    this.#set(q.without(this.#queue, clientId))
    this.#settle(clientId, outcome)
  }

  #settle(clientId: string, outcome: Sent | ChatError): void {
    this.#outcomes.set(clientId, outcome)
    for (const oldest of this.#outcomes.keys()) {
      if (this.#outcomes.size <= OUTCOMES_KEPT) break
      this.#outcomes.delete(oldest)
    }
    for (const { resolve, reject } of this.#waiting.get(clientId) ?? []) {
      if (outcome instanceof ChatError) reject(outcome)
      else resolve(outcome)
    }
    this.#waiting.delete(clientId)
  }

  #set(queue: q.Queue): void {
    if (queue === this.#queue) return
    this.#queue = queue
    this.#parts.changed(queue)
  }
}
