/** What is loaded of a room's history: stretches of the log that grow, meet and become one. */
import type { JoinedRoom, Message, MessagePage } from '@teahouse/protocol'
import type { PagePlace } from './input.ts'
import type { Span, Timeline } from './state.ts'

/** Messages a timeline that nobody opened may hold, and how many it then keeps: enough to count 100 unread ones without asking. */
const UNOPENED_MOST = 240
const UNOPENED_KEPT = 140

const NOTHING: Span = { from: 1, to: Infinity, messages: [] }

/**
 * The history of a room of which nothing is known but what `room` says: nobody spoke after its last message. `lastMessageTold`: whether no
 * last message means that there is none; otherwise only what comes after `last_seq` will be known.
 */
export function newTimeline(room: JoinedRoom, epoch: number, lastMessageTold: boolean): Timeline {
  const last = room.last_message
  const from = last ? last.seq : lastMessageTold ? 1 : room.last_seq + 1
  return { spans: [{ from, to: Infinity, messages: last ? [last] : [] }], epoch, opened: false }
}

/** The stretch that reaches the present and grows with live messages. */
export const latestSpan = (timeline: Timeline): Span => timeline.spans.at(-1) ?? NOTHING

/** The stretch that holds `seq`; undefined when that part of the history is not loaded. */
export const spanAt = (timeline: Timeline, seq: number): Span | undefined =>
  timeline.spans.find((span) => span.from <= seq && seq <= span.to)

export function findInTimeline(timeline: Timeline, messageId: string): Message | undefined {
  for (const span of timeline.spans.toReversed()) {
    const found = span.messages.findLast((message) => message.id === messageId)
    if (found) return found
  }
  return undefined
}

/** A message that was just sent goes to the end of the latest stretch; a repeat changes nothing. */
export function appendLive(timeline: Timeline, message: Message): Timeline {
  const latest = latestSpan(timeline)
  const last = latest.messages.at(-1)
  if (last && last.seq >= message.seq && latest.messages.some((known) => known.seq === message.seq)) return timeline
  const messages =
    last && last.seq > message.seq
      ? [...latest.messages, message].toSorted((a, b) => a.seq - b.seq) // a page brought later ones already
      : [...latest.messages, message]
  const grown = { ...timeline, spans: [...timeline.spans.slice(0, -1), { ...latest, messages }] }
  return !timeline.opened && messages.length > UNOPENED_MOST ? shortened(grown) : grown
}

/** Keeps only the newest messages. */
export function shortened(timeline: Timeline): Timeline {
  const latest = latestSpan(timeline)
  const messages = latest.messages.slice(-UNOPENED_KEPT)
  const first = messages[0]
  const from = first && messages.length < latest.messages.length ? first.seq : latest.from
  return { ...timeline, opened: false, spans: [{ from, to: Infinity, messages }] }
}

/** The stretch that a page covers: with no more before it, from the beginning; with no more after it, up to the head it was read at. */
export function spanOfPage(page: MessagePage, place: PagePlace): Span {
  const first = page.items[0]
  const last = page.items.at(-1)
  const { before_seq, after_seq } = place
  const from = !page.has_more_before ? 1 : after_seq !== undefined ? after_seq + 1 : (first?.seq ?? page.last_seq + 1)
  const to = !page.has_more_after ? page.last_seq : before_seq !== undefined ? before_seq - 1 : (last?.seq ?? from - 1)
  return { from, to, messages: page.items }
}

/** Lays a stretch into the timeline; where it overlaps, it wins. Stretches that meet become one. */
export function addSpan(timeline: Timeline, added: Span): Timeline {
  const touches = (span: Span) => span.from <= added.to + 1 && span.to >= added.from - 1
  let merged = added
  for (const span of timeline.spans.filter(touches)) merged = joined(span, merged, added)
  const spans = [...timeline.spans.filter((span) => !touches(span)), merged].toSorted((a, b) => a.from - b.from)
  return { ...timeline, spans, opened: true }
}

function joined(old: Span, grown: Span, added: Span): Span {
  const outside = old.messages.filter((message) => message.seq < added.from || message.seq > added.to)
  const messages = outside.length === 0 ? grown.messages : [...grown.messages, ...outside].toSorted((a, b) => a.seq - b.seq)
  return { from: Math.min(old.from, grown.from), to: Math.max(old.to, grown.to), messages }
}

/** Changes every message for which `change` answers something else; all that stays the same stays the same object. */
export function mapMessages(timeline: Timeline, change: (message: Message) => Message): Timeline {
  let touched = false
  const spans = timeline.spans.map((span) => {
    const messages = mapChanged(span.messages, change)
    if (messages === span.messages) return span
    touched = true
    return { ...span, messages }
  })
  return touched ? { ...timeline, spans } : timeline
}

/** Like `map`, but answers the same array when nothing changed. */
export function mapChanged<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  let changed: Item[] | null = null
  items.forEach((item, index) => {
    const next = change(item)
    if (next === item) return
    changed ??= [...items]
    changed[index] = next
  })
  return changed ?? items
}
