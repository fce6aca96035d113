/** Who is writing: signals that end by themselves. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import type { Signals } from './ports/live.ts'

/** More people than these typing at once on one instance are not worth remembering. */
const MAX_TYPISTS = 10_000

export function createTyping(signals: Signals) {
  const typists = new Map<string, ReturnType<typeof setTimeout>>()

  function stop(roomId: string, userId: string): void {
    const key = `${roomId} ${userId}`
    const timer = typists.get(key)
    if (timer === undefined) return
    clearTimeout(timer)
    typists.delete(key)
    signals.toRoom(roomId, { type: 'user_stopped_typing', payload: { room_id: roomId, user_id: userId } })
  }

  return {
    /** Said again while somebody goes on typing; told to the room the first time only. */
    start(roomId: string, userId: string): void {
      const key = `${roomId} ${userId}`
      const before = typists.get(key)
      clearTimeout(before)
      if (before === undefined && typists.size >= MAX_TYPISTS) return
      typists.set(
        key,
        setTimeout(() => stop(roomId, userId), FIXED_LIMITS.typingMs),
      )
      if (before === undefined) signals.toRoom(roomId, { type: 'user_typing', payload: { room_id: roomId, user_id: userId } })
    },
    stop,
    /** Everything that waits is let go. */
    end(): void {
      for (const timer of typists.values()) clearTimeout(timer)
      typists.clear()
    },
  }
}
export type Typing = ReturnType<typeof createTyping>
