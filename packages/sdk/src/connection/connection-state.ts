/** The states a connection can be in, and which may follow which. */
import { CLOSE, type CloseReason } from '@teahouse/protocol/close-codes'

export type ClosedBecause = CloseReason | 'never_started' | 'stopped' | 'signed_out'

export type ConnectionState =
  /** Nothing is tried. */
  | { readonly phase: 'closed'; readonly because: ClosedBecause }
  /** `attempt` counts from 1 since the last time it was live. */
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'authenticating'; readonly attempt: number }
  /** What was missed is arriving. */
  | { readonly phase: 'catching_up' }
  | { readonly phase: 'live' }
  /** `until` is when it will be tried again, in milliseconds of the local clock. `offline`: the device says that it has no network. */
  | { readonly phase: 'waiting'; readonly attempt: number; readonly until: number; readonly offline: boolean }

export type Phase = ConnectionState['phase']

/** The whole machine. Everything not listed here is a bug. */
export const MAY_FOLLOW: Readonly<Record<Phase, readonly Phase[]>> = {
  closed: ['connecting'],
  connecting: ['authenticating', 'waiting', 'closed'],
  authenticating: ['catching_up', 'live', 'waiting', 'closed'],
  catching_up: ['live', 'waiting', 'closed'],
  live: ['waiting', 'closed'],
  waiting: ['connecting', 'waiting', 'closed'],
}

/** The name of a close code after which nothing is tried any more. One that this client does not know yet counts as the first of them. */
export function reasonOf(code: number): CloseReason {
  for (const [reason, known] of Object.entries(CLOSE)) if (known === code) return reason as CloseReason
  return 'unauthorized'
}
