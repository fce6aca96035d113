/** What a fleet gives to the rest of the program, and what it needs from it. */
import type { Bus, PresenceStore } from '../../application/ports/live.ts'
import type { RateLimits } from '../../application/ports/limits.ts'
import type { Clock } from '../../application/ports/transaction.ts'
import type { BucketLimits } from '../memory/rate-limits.ts'

/** What passes between instances, as somebody may want to count it. */
export type BusMeters = {
  published(events: number, bytes: number): void
  publishFailed(): void
  /** Milliseconds from another instance's publish to here. */
  lag(ms: number): void
}

export type Fleet = {
  readonly bus: Bus | null
  readonly rates: RateLimits
  readonly presence: PresenceStore
  /** For readiness; empty without Redis. */
  state(): Record<string, string>
  stop(): Promise<void>
}

export type FleetPorts = {
  limits: BucketLimits
  clock: Clock
  meters: { bus: BusMeters; busReconnected(): void; watch(name: string, help: string, read: () => number): void }
  /** Users whose connections ended with another instance. */
  onVanished: (userIds: readonly string[]) => void
  /** `why`: for the end of a sentence; null when only the error knows. */
  onDown: (why: string | null, error: unknown) => void
  onError: (error: unknown) => void
}
