/** What was sent, what was acknowledged, and what every guest heard: the evidence that is judged at the end. */
export type Acknowledged = { readonly message_id: string; readonly seq: number; readonly at: number }
export type Sent = {
  readonly guest: string
  readonly room: string
  readonly client_id: string
  acknowledged: Acknowledged | null
  refused: string | null
}
export type HeardEvent = { readonly seq: number; readonly event_id: string; readonly type: string; readonly at: number }
export type Complaint = { readonly guest: string; readonly at: number; readonly text: string }

export type Ledger = {
  readonly sent: Map<string, Sent>
  /** guest → room → what he heard, in the order in which he heard it. */
  readonly heard: Map<string, Map<string, HeardEvent[]>>
  /** What contradicted a promise at the moment when it was heard. */
  readonly complaints: Complaint[]
}

export const newLedger = (): Ledger => ({ sent: new Map(), heard: new Map(), complaints: [] })

/** A second acknowledgement must say the same as the first. */
export function acknowledge({ sent, complaints }: Ledger, client_id: string, said: Omit<Acknowledged, 'at'>): void {
  const item = sent.get(client_id)
  if (!item) return
  const { acknowledged } = item
  if (acknowledged && (acknowledged.seq !== said.seq || acknowledged.message_id !== said.message_id))
    complaints.push({ guest: item.guest, at: Date.now(), text: `doubled: ${client_id} is ${acknowledged.seq} and ${said.seq}` })
  item.acknowledged ??= { ...said, at: Date.now() }
}

export function hear({ heard }: Ledger, guest: string, room: string, event: Omit<HeardEvent, 'at'>): void {
  const rooms = heard.get(guest) ?? new Map<string, HeardEvent[]>()
  heard.set(guest, rooms)
  const events = rooms.get(room) ?? []
  rooms.set(room, events)
  events.push({ ...event, at: Date.now() })
}
