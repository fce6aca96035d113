/** The judge: holds what every guest saw, the log, and Kafka's topics against each other. Knows nothing of how they came about. */
import type { Complaint, Ledger } from './ledger.ts'

export type Logged = {
  readonly stream: string
  readonly seq: number
  readonly event_id: string
  readonly client_id: string | null
  readonly sender_id: string | null
}
export type InKafka = { readonly key: string; readonly seq: number; readonly event_id: string }
export type Verdict = {
  readonly sent: number
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly holes: number
  readonly heard_after_removal: number
  readonly kafka_missing: number
  readonly kafka_disordered: number
  readonly other: number
  /** The first of each kind, for whoever looks for the reason. */
  readonly stories: readonly string[]
  /** When the first of those happened whose time is known. */
  readonly first_wrong_at: number | null
}

/** `log`: all events of the rooms. `kafka`: the records in the order of their partitions; null when there was no Kafka. */
export function judge(ledger: Ledger, log: readonly Logged[], kafka: readonly InKafka[] | null): Verdict {
  const findings = [
    ...lost(ledger, log),
    ...doubled(log),
    ...density(log),
    ...views(ledger, log),
    ...ledger.complaints.map(sorted),
    ...topics(log, kafka),
  ]
  const count = (kind: Kind) => findings.filter((finding) => finding.kind === kind).length
  const sent = [...ledger.sent.values()]
  return {
    sent: sent.length,
    acknowledged: sent.filter(({ acknowledged }) => acknowledged).length,
    lost: count('lost'),
    doubled: count('doubled'),
    reordered: count('reordered'),
    holes: count('hole'),
    heard_after_removal: count('after_removal'),
    kafka_missing: count('kafka_missing'),
    kafka_disordered: count('kafka_disordered'),
    other: count('other'),
    stories: KINDS.flatMap((kind) => findings.filter((finding) => finding.kind === kind).slice(0, 3)).map(
      ({ kind, text }) => `${kind}: ${text}`,
    ),
    first_wrong_at: findings.reduce<number | null>((first, { at }) => (at === undefined ? first : Math.min(first ?? at, at)), null),
  }
}

const KINDS = ['lost', 'doubled', 'reordered', 'hole', 'after_removal', 'kafka_missing', 'kafka_disordered', 'other'] as const
type Kind = (typeof KINDS)[number]
type Finding = { readonly kind: Kind; readonly text: string; readonly at?: number }

/** What was acknowledged stands in the log, where the acknowledgement said. */
function lost({ sent }: Ledger, log: readonly Logged[]): Finding[] {
  const placeOf = new Map(log.map(({ stream, seq, event_id }) => [event_id, `${stream} ${seq}`]))
  return [...sent.values()].flatMap(({ client_id, room, acknowledged }) => {
    if (!acknowledged || placeOf.get(acknowledged.message_id) === `${room} ${acknowledged.seq}`) return []
    return [
      { kind: 'lost', at: acknowledged.at, text: `${client_id} was acknowledged as ${acknowledged.seq} of ${room}, and is not there` },
    ]
  })
}

/** One client_id, one message; in the tests a content is never sent with two keys, so it tells repeats without a key too. */
function doubled(log: readonly Logged[]): Finding[] {
  const seen = new Map<string, number>()
  return log.flatMap(({ stream, seq, client_id, sender_id }) => {
    if (client_id === null) return []
    const key = `${stream} ${sender_id} ${client_id}`
    const before = seen.get(key)
    seen.set(key, seq)
    return before === undefined ? [] : [{ kind: 'doubled', text: `${client_id} is ${before} and ${seq} of ${stream}` }]
  })
}

/** 1, 2, 3 … per stream. */
function density(log: readonly Logged[]): Finding[] {
  const at = new Map<string, number>()
  return log
    .toSorted((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.seq - b.seq))
    .flatMap(({ stream, seq }) => {
      const before = at.get(stream) ?? 0
      at.set(stream, seq)
      return seq === before + 1 ? [] : [{ kind: 'hole', text: `the log of ${stream} has ${seq} after ${before}` }]
    })
}

/** Each guest heard what the log says, no event twice, none after a later one. */
function views({ heard }: Ledger, log: readonly Logged[]): Finding[] {
  const logged = new Map(log.map(({ stream, seq, event_id }) => [`${stream} ${seq}`, event_id]))
  const findings: Finding[] = []
  for (const [guest, rooms] of heard)
    for (const [room, events] of rooms) {
      let last = 0
      for (const { seq, event_id, at } of events) {
        if (seq === last) findings.push({ kind: 'doubled', at, text: `${guest} heard ${seq} of ${room} twice` })
        else if (seq < last) findings.push({ kind: 'reordered', at, text: `${guest} heard ${seq} of ${room} after ${last}` })
        if (logged.get(`${room} ${seq}`) !== event_id)
          findings.push({ kind: 'lost', at, text: `${guest} heard ${event_id} as ${seq} of ${room}; the log does not know it` })
        last = Math.max(last, seq)
      }
    }
  return findings
}

/** What was noticed while listening: each socket holds its own order against the protocol. */
function sorted({ guest, at, text }: Complaint): Finding {
  const [, seq, after] = /(\d+) of room \S+ after (\d+)/.exec(text) ?? []
  const told = `${new Date(at).toISOString()} ${guest}: ${text}`
  if (text.startsWith('doubled')) return { kind: 'doubled', at, text: told }
  if (text.includes('which it is not in') || text.includes('that it is not in')) return { kind: 'after_removal', at, text: told }
  if (seq === undefined) return { kind: 'other', at, text: told }
  return { kind: Number(seq) > Number(after) ? 'hole' : 'reordered', at, text: told }
}

/** Dropping repeats, each key's records are in order without holes, and nothing of the log is missing. */
function topics(log: readonly Logged[], kafka: readonly InKafka[] | null): Finding[] {
  if (!kafka) return []
  const findings: Finding[] = []
  const seen = new Set<string>()
  const at = new Map<string, number>()
  for (const { key, seq, event_id } of kafka) {
    if (seen.has(event_id)) continue
    seen.add(event_id)
    const before = at.get(key) ?? 0
    if (seq !== before + 1) findings.push({ kind: 'kafka_disordered', text: `${key} has ${seq} after ${before}` })
    at.set(key, Math.max(before, seq))
  }
  for (const { stream, seq, event_id } of log)
    if (!seen.has(event_id)) findings.push({ kind: 'kafka_missing', text: `${seq} of ${stream}` })
  return findings
}
