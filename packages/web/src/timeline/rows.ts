/** What is drawn below each other in a timeline: messages of one stretch, then what is still on its way. */
import type { Message, OutboxMessage, Span } from '@teahouse/sdk'
import { sameDay } from '../i18n/times.ts'
import type { Row } from './window.ts'

export type Item = Row &
  ({ kind: 'start' } | { kind: 'message'; message: Message } | { kind: 'pending'; entry: OutboxMessage; meId: string })

const GROUPED_MS = 5 * 60_000
const START: Item = { kind: 'start', key: 'start', guess: 64 }
const known = new WeakMap<object, Item>()

export function itemsOf(span: Span, outbox: readonly OutboxMessage[], meId: string): Item[] {
  const items: Item[] = [START]
  for (const message of span.messages) items.push(itemOf(message, meId))
  if (span.to !== Infinity) return items
  for (const entry of outbox) items.push(pendingItem(entry, meId))
  return items
}

/** My own messages keep the key they had before the server knew them, so that arriving moves nothing. */
function itemOf(message: Message, meId: string): Item {
  let item = known.get(message)
  if (!item) {
    const key = message.client_id && message.sender.id === meId ? message.client_id : message.id
    known.set(message, (item = { kind: 'message', key, guess: guess(message.content), message }))
  }
  return item
}

function pendingItem(entry: OutboxMessage, meId: string): Item {
  let item = known.get(entry)
  if (!item) known.set(entry, (item = { kind: 'pending', key: entry.client_id, guess: guess(entry.content) + 20, entry, meId }))
  return item
}

const LINE = 24
/** Where what is longer is folded. */
const MOST_LINES = 22
/** Good enough for a scroll bar: lines that were typed, and lines that break. */
function guess(content: string): number {
  let lines = 0
  for (const line of content.slice(0, 4_000).split('\n')) lines += Math.max(1, Math.ceil(line.length / 72))
  return 8 + Math.min(lines, MOST_LINES) * LINE
}

const senderOf = (item: Item) => (item.kind === 'message' ? item.message.sender.id : item.kind === 'pending' ? item.meId : null)
const timeOf = (item: Item) =>
  item.kind === 'message' ? item.message.created_at : item.kind === 'pending' ? new Date(item.entry.written_at).toISOString() : ''

/** Whether `item` begins a day. */
export function beginsDay(item: Item, before: Item | undefined): boolean {
  if (item.kind === 'start') return false
  return !before || before.kind === 'start' || !sameDay(timeOf(before), timeOf(item))
}

/** Whether `item` stands under a name of its own: another author, a pause, an answer. */
export function beginsGroup(item: Item, before: Item | undefined): boolean {
  if (!before || before.kind === 'start' || senderOf(before) !== senderOf(item)) return true
  if (item.kind === 'message' && item.message.reply_to) return true
  if (item.kind === 'pending' && item.entry.reply_to_message_id) return true
  return Date.parse(timeOf(item)) - Date.parse(timeOf(before)) > GROUPED_MS
}

/** The index of the first message after `seq` that is not mine and still exists; -1 when there is none. */
export function firstUnread(items: readonly Item[], seq: number, meId: string): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    const before = item?.kind === 'start' || (item?.kind === 'message' && item.message.seq <= seq)
    if (before) low = middle + 1
    else high = middle
  }
  for (let at = low; at < items.length; at++) {
    const item = items[at]
    if (item?.kind === 'message' && item.message.sender.id !== meId && item.message.state === 'sent') return at
  }
  return -1
}

/** The index of the message with this seq, or of the last one before it. */
export function indexOfSeq(items: readonly Item[], seq: number): number {
  let low = 0
  let high = items.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const item = items[middle]
    if (item?.kind === 'start' || (item?.kind === 'message' && item.message.seq <= seq)) low = middle
    else high = middle - 1
  }
  return low
}
