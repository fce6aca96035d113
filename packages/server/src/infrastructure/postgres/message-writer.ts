/** Group commit: while one batch of messages commits, the next one fills. One round trip a batch, replies after the commit only. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ChatError, type ErrorCode, type ReplyTo } from '@teahouse/protocol'
import type { Draft, MessageWriter, Sent } from '../../application/ports/messages.ts'
import type { Trace, Traceparent } from '../../application/ports/trace.ts'
import type { Clock, Publish } from '../../application/ports/transaction.ts'
import { type PublishedEvent, roomPayload } from '../../domain/event.ts'
import { jsonOfUser, sentMessageJson } from '../../domain/message.ts'
import type { Database } from './database.ts'
import { plainArray } from './plain-array.ts'

/** What is committed together is published in one go: it must leave room within the bound for slow readers. */
const BATCH_CHARACTERS = 65_536
/**
 * Batches of several begin so far apart. Small ones, each at the heels of the other, would keep the database busy with beginnings and ends,
 * and where it shares the core, from those who bring the next. Whoever finds nobody before him waits for nothing.
 */
const APART_MS = 2
/** How fast the pace follows what the last batch took. */
const PACE_WEIGHT = 0.1

type Waiting = { draft: Draft; resolve: (sent: Sent) => void; reject: (error: unknown) => void; cause: Traceparent | undefined }
type Row = [
  ord: number,
  outcome: ErrorCode | 'sent' | 'replayed',
  seq: number,
  id: string,
  createdAt: string,
  retryAt: string | null,
  mentions: string[] | null,
  reply: ReplyTo | null,
]

export type WriterLoad = {
  /** Drafts waiting for the next batch. */
  waiting(): number
}

export type WriterOptions = {
  /** Messages in one batch. */
  maxBatch: number
  /** Messages that may wait; beyond it the answer is `unavailable` at once, instead of a queue without end. */
  maxWaiting: number
  /** The same, in time: nobody is let in who would wait longer than this, as fast as it goes now. */
  maxWaitMs: number
  /** Hears of each batch: how many messages it had, how many of them are new in the log, and its milliseconds. */
  onBatch?: (size: number, sent: number, ms: number) => void
  trace?: Trace | null
}

/** One for all: in the moment that this is said, making another with its stack would cost what answering costs. */
const OVERLOADED = new ChatError('unavailable', { message: 'Too many messages are waiting; try again shortly.', retry_after_ms: 1000 })
const STATEMENT =
  'select ord, outcome, seq, id, created_at, retry_at, mentions, reply from append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)'

export function createMessageWriter(
  database: Database,
  clock: Clock,
  publish: Publish,
  { maxBatch, maxWaiting, maxWaitMs, onBatch = () => {}, trace = null }: WriterOptions,
): MessageWriter & WriterLoad {
  let waiting: Waiting[] = []
  let writing = false
  /** Milliseconds that a message takes, of late. */
  let pace = 0

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch()
      const started = performance.now()
      let sent = 0
      let failure: unknown
      try {
        sent = await write(batch)
      } catch (error) {
        failure = error
        for (const { reject } of batch) reject(error)
      }
      const ms = performance.now() - started
      pace += (ms / batch.length - pace) * PACE_WEIGHT
      onBatch(batch.length, sent, ms)
      if (trace) tellBatch(trace, batch, sent, started, failure)
      if (batch.length > 1 && waiting.length > 0 && waiting.length < maxBatch && ms < APART_MS) await sleep(APART_MS - ms)
    }
    writing = false
  }

  /** The oldest drafts; one that repeats another of the same batch waits for the next, where it finds the first one written. Nothing else may wait: it would lose its place. */
  function takeBatch(): Waiting[] {
    const keys = new Set<string>()
    const batch: Waiting[] = []
    const later: Waiting[] = []
    let characters = 0
    let taken = 0
    for (const item of waiting) {
      if (batch.length >= maxBatch || characters >= BATCH_CHARACTERS) break
      taken++
      const { room_id, sender, client_id, content } = item.draft
      const key = `${room_id} ${sender.id} ${client_id}`
      if (keys.has(key)) later.push(item)
      else {
        keys.add(key)
        batch.push(item)
        characters += content.length
      }
    }
    waiting = later.concat(waiting.slice(taken))
    return batch
  }

  /** Returns how many are new in the log. */
  async function write(batch: Waiting[]): Promise<number> {
    const at = clock.now().toISOString()
    const rows = (await database.prepared(
      STATEMENT,
      columns(
        batch.map(({ draft }) => draft),
        at,
      ),
    )) as Row[]
    const events: PublishedEvent[] = []
    for (const row of rows) {
      const item = batch[row[0] - 1]
      if (!item) continue
      if (row[1] === 'sent') events.push(sentEvent(item.draft, row))
      answer(item, row, at)
    }
    publish(events)
    return events.length
  }

  return {
    append: (draft) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= maxWaiting || (waiting.length >= maxBatch * 4 && waiting.length * pace > maxWaitMs)) return reject(OVERLOADED)
        waiting.push({ draft, resolve, reject, cause: trace?.here() })
        if (writing) return
        writing = true
        queueMicrotask(() => void writeAll())
      }),
    waiting: () => waiting.length,
  }
}

/** One commit serves many: a trace of its own, with links to the commands and requests that wait for it. */
function tellBatch(trace: Trace, batch: readonly Waiting[], sent: number, startedAt: number, failure: unknown): void {
  const about = { 'db.system.name': 'postgresql', 'teahouse.messages': batch.length, 'teahouse.sent': sent }
  const causes = batch.flatMap(({ cause }) => (cause === undefined ? [] : [cause]))
  trace.done({ name: 'message batch', side: 'client', about }, startedAt, causes, failure)
}

function columns(drafts: Draft[], at: string): unknown[] {
  const mentionOrds: number[] = []
  const mentionNames: string[] = []
  drafts.forEach(({ mention_names }, i) => {
    for (const name of mention_names) {
      mentionOrds.push(i + 1)
      mentionNames.push(name)
    }
  })
  return [
    at,
    plainArray(drafts, (d) => d.room_id),
    plainArray(drafts, (d) => d.sender.id),
    plainArray(drafts, (d) => d.client_id),
    plainArray(drafts, (d) => d.id),
    drafts.map((d) => d.content),
    plainArray(drafts, (d) => d.message_type),
    plainArray(drafts, (d) => d.reply_to ?? 'NULL'),
    drafts.map((d) => (d.attachments.length === 0 ? null : JSON.stringify(d.attachments))),
    mentionOrds,
    mentionNames,
  ]
}

function answer({ draft, resolve, reject }: Waiting, [, outcome, seq, id, createdAt, retryAt]: Row, at: string): void {
  if (outcome === 'sent' || outcome === 'replayed')
    return resolve({ message_id: id, seq, created_at: createdAt, replayed: outcome === 'replayed' })
  const retry = retryAt === null ? {} : { retry_after_ms: Date.parse(retryAt) - Date.parse(at) }
  reject(
    outcome === 'message_not_found'
      ? new ChatError(outcome, { message: `There is no message ${draft.reply_to} in this room to answer.` })
      : new ChatError(outcome, retry),
  )
}

function sentEvent(draft: Draft, [, , seq, id, at, , mentions, reply]: Row): PublishedEvent {
  const message = sentMessageJson({
    id,
    room_id: draft.room_id,
    seq,
    sender: jsonOfUser(draft.sender),
    content: draft.content,
    message_type: draft.message_type,
    attachments: draft.attachments.length === 0 ? '[]' : JSON.stringify(draft.attachments),
    reply_to: JSON.stringify(reply ?? null),
    mentions: mentions ?? [],
    created_at: at,
    state: 'sent',
    client_id: draft.client_id,
  })
  const payload = roomPayload({ stream: draft.room_id, seq, eventId: id, at }, draft.sender.id, `"message":${message}`)
  return { kind: 'room', stream: draft.room_id, seq, type: 'message_sent', payload }
}
