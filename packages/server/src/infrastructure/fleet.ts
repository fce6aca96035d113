/** The other instances: none, or those that Redis connects. The library for Redis is loaded only where it is used; it is not small. */
import { memoryPresence } from './memory/presence.ts'
import { createRateLimits } from './memory/rate-limits.ts'
import type { Fleet, FleetPorts } from './redis/ports.ts'

/** `redisUrls` null: this process is alone, and everything has its place in memory. */
export async function createFleet(redisUrls: readonly string[] | null, ports: FleetPorts): Promise<Fleet> {
  if (redisUrls) return (await import('./redis/fleet.ts')).createRedisFleet(redisUrls, ports)
  const rates = createRateLimits(ports.limits, ports.clock)
  return { bus: null, rates, presence: memoryPresence(), state: () => ({}), stop: async () => {} }
}
