/** Presence of one process: a connection that ends is told to us, so nothing here needs to expire. */
import type { PresenceStatus } from '@teahouse/protocol'
import type { PresenceStore } from '../../application/ports/live.ts'

export function memoryPresence(): PresenceStore {
  const users = new Map<string, { connections: number; status: PresenceStatus }>()
  return {
    async put(userId) {
      const known = users.get(userId)
      if (known) known.connections++
      else users.set(userId, { connections: 1, status: 'online' })
    },
    async drop(userId) {
      const known = users.get(userId)
      if (known && --known.connections === 0) users.delete(userId)
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
