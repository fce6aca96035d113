/** Everything that Redis does for a fleet, from one list of addresses; without addresses there is no fleet, and each part has its place in memory. */
import type { Bus, PresenceStore } from '../../application/ports/live.ts'
import type { RateLimits } from '../../application/ports/limits.ts'
import type { Clock } from '../../application/ports/transaction.ts'
import { newId } from '../../domain/id.ts'
import { memoryPresence } from '../memory/presence.ts'
import { type BucketLimits, bucketsFor, createRateLimits } from '../memory/rate-limits.ts'
import { type BusMeters, createRedisBus } from './bus.ts'
import { createRedisLink } from './link.ts'
import { createSharedPresence } from './presence.ts'
import { createSharedRateLimits } from './rate-limits.ts'

export type Fleet = {
  readonly bus: Bus | null
  readonly rates: RateLimits
  readonly presence: PresenceStore
  /** For readiness; empty without Redis. */
  state(): Record<string, string>
  stop(): Promise<void>
}

export type FleetPorts = {
  redisUrls: readonly string[] | null
  limits: BucketLimits
  clock: Clock
  meters: { bus: BusMeters; busReconnected(): void; watch(name: string, help: string, read: () => number): void }
  /** Users whose connections ended with another instance. */
  onVanished: (userIds: readonly string[]) => void
  onDown: (error: unknown) => void
  onError: (error: unknown) => void
}

export function createFleet({ redisUrls, limits, clock, meters, onVanished, onDown, onError }: FleetPorts): Fleet {
  const local = createRateLimits(limits, clock)
  if (!redisUrls) return { bus: null, rates: local, presence: memoryPresence(), state: () => ({}), stop: async () => {} }
  const instance = newId()
  const now = () => clock.now().getTime()
  const link = createRedisLink(redisUrls, { onReconnect: () => meters.busReconnected(), onDown })
  const bus = createRedisBus({ link, instance, now, meters: meters.bus, onError })
  const presence = createSharedPresence({ link, instance, now, onVanished, onError })
  const rates = createSharedRateLimits(link, local, bucketsFor(limits), clock)
  meters.watch('bus_up', 'Whether Redis is there.', () => (link.session() ? 1 : 0))
  meters.watch('bus_channels', 'Channels that are heard here.', () => bus.size)
  return {
    bus,
    rates,
    presence,
    state: () => ({ redis: link.session() ? 'up' : 'down' }),
    async stop() {
      bus.stop()
      presence.stop()
      rates.stop()
      await link.stop()
    },
  }
}
