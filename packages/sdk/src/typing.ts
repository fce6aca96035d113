/** Tells others that I am typing, seldom enough, and ends the typing of others when their signal runs out. */
import { FIXED_LIMITS } from '@teahouse/protocol/limits'
import type { ClockPort } from './ports.ts'

/** A signal lasts 8 s: telling it again at half of that bridges one that was lost. */
const AGAIN_MS = FIXED_LIMITS.typingMs / 2
const LOOK_MS = 1_000

export function createTyping(parts: {
  clock: ClockPort
  tell(type: 'typing_start' | 'typing_stop', roomId: string): void
  /** Ends what has run out; answers whether anybody still types. */
  expire(): boolean
}) {
  const told = new Map<string, number>()
  let stopTimer: (() => void) | null = null

  function look(): void {
    stopTimer = parts.expire() ? parts.clock.after(LOOK_MS, look) : null
  }

  return {
    start(roomId: string): void {
      const now = parts.clock.now()
      if (now - (told.get(roomId) ?? -Infinity) < AGAIN_MS) return
      told.set(roomId, now)
      parts.tell('typing_start', roomId)
    },
    stop(roomId: string, tellOthers = true): void {
      const at = told.get(roomId)
      told.delete(roomId)
      if (tellOthers && at !== undefined && parts.clock.now() - at < FIXED_LIMITS.typingMs) parts.tell('typing_stop', roomId)
    },
    /** Somebody else types. */
    heard(): void {
      stopTimer ??= parts.clock.after(LOOK_MS, look)
    },
    forget(): void {
      stopTimer?.()
      stopTimer = null
      told.clear()
    },
  }
}
