/** What Redis does for a fleet, from one list of addresses: the bus, presence and limits over all instances. */
import { newId } from '../../domain/id.ts'
import type { Fleet, FleetPorts } from './ports.ts'
import { bucketsFor, createRateLimits } from '../memory/rate-limits.ts'
import { createRedisBus } from './bus.ts'
import { createRedisLink } from './link.ts'
import { createSharedPresence } from './presence.ts'
import { createSharedRateLimits } from './rate-limits.ts'
import { troubleOf } from './trouble.ts'

export function createRedisFleet(redisUrls: readonly string[], { limits, clock, meters, onVanished, onDown, onError }: FleetPorts): Fleet {
  const local = createRateLimits(limits, clock)
  const instance = newId()
  const now = () => clock.now().getTime()
  const link = createRedisLink(redisUrls, {
    onReconnect: () => meters.busReconnected(),
    onDown: (error) => onDown(troubleOf(error), error),
  })
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
