/** Presence of one process: a connection that ends is told to us, so nothing here needs to expire. */
import type { PresenceStatus } from '@teahouse/protocol'
import type { PresenceStore } from '../../application/ports/live.ts'

export function memoryPresence(): PresenceStore {
  const users = new Map<string, { connections: Set<string>; status: PresenceStatus }>()
  return {
    async put(userId, connectionId) {
      const known = users.get(userId)
      if (known) known.connections.add(connectionId)
      else users.set(userId, { connections: new Set([connectionId]), status: 'online' })
    },
    async drop(userId, connectionId) {
      const known = users.get(userId)
      known?.connections.delete(connectionId)
      if (known?.connections.size === 0) users.delete(userId)
    },
    touch: () => {},
    async setStatus(userId, status) {
      const known = users.get(userId)
      if (known) known.status = status
    },
    async statuses(userIds) {
      return new Map(userIds.flatMap((userId) => (users.has(userId) ? [[userId, users.get(userId)?.status ?? 'online'] as const] : [])))
    },
  }
}
