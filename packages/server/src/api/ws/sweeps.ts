/** Once a second: who is silent, who never said who he is, whose token has run out, who does not read. Every few seconds: whose session has ended. */
import type { Limits } from '@teahouse/protocol'
import type { EventLog } from '../../application/ports/live.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'

export type SweepPorts = {
  hub: Hub
  log: Pick<EventLog, 'endedSessions'>
  limits: Limits
  now: () => number
  onError: (error: unknown) => void
}

const SWEEP_MS = 1_000
/** Who has more than this waiting is behind. */
const BEHIND_BYTES = 65_536
const CHECK_SESSIONS_MS = 5_000

export function createSweeps({ hub, log, limits, now, onError }: SweepPorts) {
  const { idle_timeout_s, authenticate_within_s, unsent_bytes_total } = limits

  function sweep(): void {
    const at = now()
    let unsent = 0
    for (const connection of hub.connections) {
      const bytes = connection.socket.unsentBytes()
      connection.behind = bytes > BEHIND_BYTES
      unsent += bytes
      if (!connection.actor && authenticate_within_s > 0 && at - connection.openedAt > authenticate_within_s * 1000)
        hub.close(connection, 'unauthorized')
      else if (idle_timeout_s > 0 && at - connection.lastHeardAt > idle_timeout_s * 1000) hub.close(connection, 'no_heartbeat')
      else if (at > connection.expiresAt) hub.close(connection, 'token_expired')
    }
    if (unsent_bytes_total > 0 && unsent > unsent_bytes_total) cutSlowest(unsent)
  }

  /** All readers together have a bound too: those with the most waiting go first. They come back and miss nothing. */
  function cutSlowest(unsent: number): void {
    const slowest = [...hub.connections]
      .map((connection) => ({ connection, bytes: connection.socket.unsentBytes() }))
      .sort((a, b) => b.bytes - a.bytes)
    let left = unsent
    for (const { connection, bytes } of slowest) {
      if (left <= unsent_bytes_total / 2 || bytes === 0) return
      left -= bytes
      connection.behind = true
      hub.close(connection, 'slow_consumer')
      connection.socket.terminate()
    }
  }

  /** Sessions that ended while no word of it reached us. One query, however many connections. */
  async function checkSessions(): Promise<void> {
    const bySession = new Map<string, Connection[]>()
    for (const connection of hub.connections) {
      if (!connection.actor) continue
      const { session_id } = connection.actor
      const known = bySession.get(session_id)
      if (known) known.push(connection)
      else bySession.set(session_id, [connection])
    }
    if (bySession.size === 0) return
    for (const { session_id, suspended } of await log.endedSessions([...bySession.keys()]))
      for (const connection of bySession.get(session_id) ?? []) hub.close(connection, suspended ? 'account_suspended' : 'session_ended')
  }

  const timers = [setInterval(sweep, SWEEP_MS), setInterval(() => void checkSessions().catch(onError), CHECK_SESSIONS_MS)]
  return { checkSessions, stop: () => timers.forEach((timer) => clearInterval(timer)) }
}
