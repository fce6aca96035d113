/** Presence of one process: a connection that ends is told to us, so nothing here needs to expire. */
import type { PresenceStatus } from '@teahouse/protocol'
import type { PresenceStore } from '../../application/ports/live.ts'

export function memoryPresence(): PresenceStore {
  const users = new Map<string, { connections: string[]; status: PresenceStatus }>()
  return {
    async put(userId, connectionId) {
      const known = users.get(userId)
      if (!known) users.set(userId, { connections: [connectionId], status: 'online' })
      else if (!known.connections.includes(connectionId)) known.connections.push(connectionId)
    },
    async drop(userId, connectionId) {
      const known = users.get(userId)
      if (!known) return
      known.connections = known.connections.filter((other) => other !== connectionId)
      if (known.connections.length === 0) users.delete(userId)
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
