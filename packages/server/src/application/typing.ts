/** Who is writing: signals that end by themselves. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import type { Signals } from './ports/live.ts'

/** More people than these typing at once on one instance are not worth remembering. */
const MAX_TYPISTS = 10_000
/** Whoever stopped is not told of again before this: a signal goes to a whole room. */
const PAUSE_MS = 1_000

/** `typing`, or just stopped. */
type Typist = { readonly typing: boolean; readonly timer: ReturnType<typeof setTimeout> }

export function createTyping(signals: Signals) {
  const typists = new Map<string, Typist>()

  function become(key: string, typing: boolean, forMs: number, then: () => void): void {
    clearTimeout(typists.get(key)?.timer)
    typists.set(key, { typing, timer: setTimeout(then, forMs) })
  }

  function stop(roomId: string, userId: string): void {
    const key = `${roomId} ${userId}`
    if (!typists.get(key)?.typing) return
    become(key, false, PAUSE_MS, () => typists.delete(key))
    signals.toRoom(roomId, { type: 'user_stopped_typing', payload: { room_id: roomId, user_id: userId } })
  }

  return {
    /** Said again while somebody goes on typing; told to the room the first time only. */
    start(roomId: string, userId: string): void {
      const key = `${roomId} ${userId}`
      const before = typists.get(key)
      if (before === undefined ? typists.size >= MAX_TYPISTS : !before.typing) return
      become(key, true, FIXED_LIMITS.typingMs, () => stop(roomId, userId))
      if (before === undefined) signals.toRoom(roomId, { type: 'user_typing', payload: { room_id: roomId, user_id: userId } })
    },
    stop,
    /** Everything that waits is let go. */
    end(): void {
      for (const { timer } of typists.values()) clearTimeout(timer)
      typists.clear()
    },
  }
}
export type Typing = ReturnType<typeof createTyping>
