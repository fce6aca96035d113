/** Tells the server how far I have read: soon, seldom, only forward, and again after a lost connection. */
import type { CommandReply } from '@teahouse/protocol'
import type { Answer } from './connection/line.ts'
import type { ClockPort } from './ports.ts'

/** Scrolling through a room moves the marker many times; one command is enough for all of them. */
const GATHER_MS = 400

export type ReadMarkers = ReturnType<typeof createReadMarkers>

export function createReadMarkers(parts: {
  clock: ClockPort
  isLive(): boolean
  ask(payload: { room_id: string; seq: number }, answer: Answer): void
  answered(roomId: string, reply: CommandReply<'mark_read'>): void
}) {
  const untold = new Map<string, number>()
  let stopTimer: (() => void) | null = null

  function flush(): void {
    stopTimer?.()
    stopTimer = null
    if (!parts.isLive()) return
    for (const [room_id, seq] of untold) {
      untold.delete(room_id)
      parts.ask({ room_id, seq }, (outcome) => {
        if (!('error' in outcome)) return parts.answered(room_id, outcome.payload as CommandReply<'mark_read'>)
        if (outcome.error.retryable) later(room_id, seq, outcome.error.retryAfterMs)
      })
    }
  }

  function later(roomId: string, seq: number, ms = GATHER_MS): void {
    untold.set(roomId, Math.max(untold.get(roomId) ?? 0, seq))
    stopTimer ??= parts.clock.after(ms, flush)
  }

  return {
    mark: (roomId: string, seq: number) => later(roomId, seq),
    /** The connection is live again: tell what is still untold. */
    flush,
    forget(): void {
      stopTimer?.()
      stopTimer = null
      untold.clear()
    },
  }
}
