/** What a connection asks of the other parts, and what it tells them. */
import type { CaughtUp, GoingAway, PresenceStatus, Ready, Resume, ServerFrame } from '@teahouse/protocol'
import type { ConnectionState } from './connection-state.ts'

export type ConnectionHooks = {
  /** An access token that lives for a while, and is not `spent`. Rejects with `unauthorized` when there is none to be had. */
  token(spent?: string): Promise<string>
  /** When the token runs out, in milliseconds of the local clock. */
  tokenExpiresAt(): number
  /** What is known already; null to begin anew. */
  resume(): Resume | null
  /** How to be seen from the first moment on; null: as everybody. */
  presence(): PresenceStatus | null
  changed(state: ConnectionState): void
  greeted(hello: Extract<ServerFrame, { type: 'hello' }>['payload']): void
  ready(ready: Ready, resumed: boolean): void
  caughtUp(caughtUp: CaughtUp): void
  leaving(goingAway: GoingAway): void
  /** Events and signals. */
  heard(frame: ServerFrame): void
  heads(heads: Readonly<Record<string, number>>): void
  /** The session is over, says the server. */
  sessionOver(because: 'session_ended' | 'account_suspended'): void
}
