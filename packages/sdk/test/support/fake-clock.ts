/** Time that passes only when a test says so. */
import type { ClockPort } from '@teahouse/sdk'

export type FakeClock = ClockPort & {
  /** Lets `ms` pass: timers fire in their order, and what they started in promises is carried on. */
  advance(ms: number): Promise<void>
  /** How many timers wait. */
  waiting(): number
}

export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start
  let timers: { at: number; callback: () => void }[] = []
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    waiting: () => timers.length,
    async advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.toSorted((a, b) => a.at - b.at)[0]
        if (!next || next.at > end) break
        now = next.at
        timers = timers.filter((timer) => timer !== next)
        next.callback()
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      now = end
    },
  }
}
