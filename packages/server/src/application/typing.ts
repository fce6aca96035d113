/** Who is writing: signals that end by themselves. */
import { FIXED_LIMITS } from '@teahouse/protocol'
import type { Signals } from './ports/live.ts'

/** More people than these typing at once on one instance are not worth remembering. */
const MAX_TYPISTS = 10_000
/** Whoever stopped is not told of again before this: a signal goes to a whole room. */
const PAUSE_MS = 1_000
/** Signals may be lost, so whoever hears one forgets it after a while: those who go on typing are told of again this often. */
const TELL_AGAIN_MS = 3_000

/** `typing`, or just stopped, as the room was told at `toldAt`; `again`: has begun anew since, which is told when the pause is over. */
type Typist = { readonly typing: boolean; readonly toldAt: number; again: boolean; readonly timer: ReturnType<typeof setTimeout> }

export function createTyping(signals: Signals) {
  const typists = new Map<string, Typist>()

  function become(key: string, typing: boolean, toldAt: number, forMs: number, then: () => void): void {
    clearTimeout(typists.get(key)?.timer)
    typists.set(key, { typing, toldAt, again: false, timer: setTimeout(then, forMs) })
  }

  function stop(roomId: string, userId: string): void {
    if (typists.size === 0) return // asked with every message
    const key = `${roomId} ${userId}`
    const typist = typists.get(key)
    if (typist) typist.again = false
    if (!typist?.typing) return
    become(key, false, performance.now(), PAUSE_MS, () => resume(key, roomId, userId))
    signals.toRoom(roomId, { type: 'user_stopped_typing', payload: { room_id: roomId, user_id: userId } })
  }

  function resume(key: string, roomId: string, userId: string): void {
    const again = typists.get(key)?.again
    typists.delete(key)
    if (again) start(roomId, userId)
  }

  function start(roomId: string, userId: string): void {
    const key = `${roomId} ${userId}`
    const before = typists.get(key)
    if (before && !before.typing) before.again = true
    if (before === undefined ? typists.size >= MAX_TYPISTS : !before.typing) return
    const now = performance.now()
    const isDue = before === undefined || now - before.toldAt >= TELL_AGAIN_MS
    become(key, true, isDue ? now : before.toldAt, FIXED_LIMITS.typingMs, () => stop(roomId, userId))
    if (isDue) signals.toRoom(roomId, { type: 'user_typing', payload: { room_id: roomId, user_id: userId } })
  }

  return {
    /** Said again while somebody goes on typing; told to the room at first, and every few seconds. */
    start,
    /** Also for those who were not typing. */
    stop,
    /** Everything that waits is let go. */
    end(): void {
      for (const { timer } of typists.values()) clearTimeout(timer)
      typists.clear()
    },
  }
}
export type Typing = ReturnType<typeof createTyping>
