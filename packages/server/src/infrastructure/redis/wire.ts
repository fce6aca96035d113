/** How events and signals travel between instances: lines of text, the payload untouched, because its bytes are the promise. */
import type { PublishedEvent } from '../../domain/event.ts'

export type Carried =
  | { readonly what: 'events'; readonly sentAt: number; readonly events: readonly PublishedEvent[] }
  | { readonly what: 'signal'; readonly sentAt: number; readonly text: string }

type Kind = PublishedEvent['kind']

/** One channel for each room and each user. */
export const channelOf = (kind: Kind, stream: string): string => `teahouse:${kind}:${stream}`

export function streamOf(channel: string): { kind: Kind; stream: string } | null {
  const [, kind, stream] = /^teahouse:(room|user):(.+)$/.exec(channel) ?? []
  return kind && stream ? { kind: kind as Kind, stream } : null
}

/** The events of one stream, of one commit. JSON has no raw line breaks, so a line is an event. */
export const eventsText = (origin: string, now: number, events: readonly PublishedEvent[]): string =>
  `e\t${origin}\t${now}${events.map(({ seq, type, removes = '', payload }) => `\n${seq}\t${type}\t${removes}\t${payload}`).join('')}`

export const signalText = (origin: string, now: number, text: string): string => `s\t${origin}\t${now}\n${text}`

/** null for what this instance said itself, and for what is not ours. */
export function carried(text: string, channel: string, self: string): Carried | null {
  const end = text.indexOf('\n')
  const [what, origin, at] = text.slice(0, Math.max(0, end)).split('\t')
  const place = streamOf(channel)
  if (origin === self || !place) return null
  if (what === 's') return { what: 'signal', sentAt: Number(at), text: text.slice(end + 1) }
  if (what !== 'e') return null
  return {
    what: 'events',
    sentAt: Number(at),
    events: text
      .slice(end + 1)
      .split('\n')
      .flatMap((line) => eventOf(line, place)),
  }
}

function eventOf(line: string, place: { kind: Kind; stream: string }): PublishedEvent[] {
  const [, seq, type, removes, payload] = /^(\d+)\t(\w+)\t([^\t]*)\t(.*)$/s.exec(line) ?? []
  if (payload === undefined) return []
  return [{ ...place, seq: Number(seq), type: type as PublishedEvent['type'], payload, ...(removes ? { removes } : {}) }]
}
