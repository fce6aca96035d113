/** Who is there: kept per connection, so that one closed tab of two leaves nobody offline, and told to those who share a conversation. */
import type { PresenceStatus, SignalBody } from '@teahouse/protocol'
import type { OnlineNow, PresenceStore, Signals } from './ports/live.ts'
import type { Clock } from './ports/transaction.ts'

export type PresencePorts = {
  store: PresenceStore
  /** For each user, the direct rooms and small groups whose people hear of him; who shares several of them hears it several times. */
  audience: (userIds: readonly string[]) => Promise<Map<string, string[]>>
  signals: Signals
  clock: Clock
  onError: (error: unknown) => void
}

/** Somebody who comes back within this time was never away. */
const GRACE_MS = 10_000
/** Changes within this time are looked up together: after a restart everybody arrives at once. */
const GATHER_MS = 50
const SETTLE_MS = 1_000

type Shown = SignalBody<'presence_changed'>['status']

export function createPresence({ store, audience, signals, clock, onError }: PresencePorts) {
  /** What others were told last, of those who are connected here or were a moment ago. */
  const told = new Map<string, Shown>()
  const leaving = new Map<string, ReturnType<typeof setTimeout>>()
  const settling = new Map<string, ReturnType<typeof setTimeout>>()
  const changed = new Map<string, string | null>()
  /** Connections here. Of those who have none, somebody else may tell more, so what was told is forgotten. */
  const here = new Map<string, number>()
  let gathering: ReturnType<typeof setTimeout> | null = null

  async function tell(): Promise<void> {
    gathering = null
    const lastSeen = new Map(changed)
    changed.clear()
    try {
      const userIds = [...lastSeen.keys()]
      const statuses = await store.statuses(userIds)
      const mayBeBack = (userId: string) => leaving.has(userId) && !here.has(userId) && !statuses.has(userId)
      const isMoved = (userId: string) => (told.get(userId) ?? 'offline') !== shown(statuses.get(userId))
      const certain = userIds.filter((userId) => !mayBeBack(userId))
      const moved = certain.filter(isMoved)
      for (const userId of certain) if (!here.has(userId) && !isMoved(userId)) told.delete(userId)
      if (moved.length === 0) return
      const rooms = await audience(moved)
      for (const userId of moved) {
        const status = shown(statuses.get(userId))
        if (status === 'offline' || !here.has(userId)) told.delete(userId)
        else told.set(userId, status)
        const last_seen_at = status === 'offline' ? (lastSeen.get(userId) ?? clock.now().toISOString()) : null
        for (const roomId of rooms.get(userId) ?? [])
          signals.toRoom(roomId, { type: 'presence_changed', payload: { user_id: userId, status, last_seen_at } })
      }
    } catch (error) {
      onError(error) // a signal may be lost; the next change tells again
    }
  }

  function change(userId: string, lastSeenAt: string | null): void {
    changed.set(userId, lastSeenAt)
    gathering ??= setTimeout(() => void tell(), GATHER_MS)
  }

  function changeLater(userId: string, lastSeenAt: string): void {
    clearTimeout(leaving.get(userId))
    const wait = setTimeout(() => {
      leaving.delete(userId)
      change(userId, lastSeenAt)
    }, GRACE_MS)
    leaving.set(userId, wait)
  }

  return {
    async arrived(userId: string, connectionId: string): Promise<void> {
      clearTimeout(leaving.get(userId))
      leaving.delete(userId)
      here.set(userId, (here.get(userId) ?? 0) + 1)
      await store.put(userId, connectionId)
      change(userId, null)
    },

    async left(userId: string, connectionId: string): Promise<void> {
      const lastSeenAt = clock.now().toISOString()
      const left = (here.get(userId) ?? 1) - 1
      if (left > 0) here.set(userId, left)
      else here.delete(userId)
      await store.drop(userId, connectionId)
      changeLater(userId, lastSeenAt)
    },

    /** Another instance died, and with it connections of these users: whoever does not come back is offline. */
    vanished(userIds: readonly string[]): void {
      const lastSeenAt = clock.now().toISOString()
      for (const userId of userIds) {
        if (!told.has(userId)) told.set(userId, 'online')
        changeLater(userId, lastSeenAt)
      }
    },

    /** The connection is alive. */
    touch: (userId: string, connectionId: string): void => store.touch(userId, connectionId),

    async setStatus(userId: string, status: PresenceStatus): Promise<void> {
      await store.setStatus(userId, status)
      if (settling.has(userId)) return // whoever cannot decide is told of once a second
      const now = clock.now().toISOString()
      const settled = () => settling.delete(userId) && change(userId, now)
      settling.set(userId, setTimeout(settled, SETTLE_MS))
      change(userId, now)
    },

    online: (async (userIds) => {
      const statuses = await store.statuses(userIds)
      return new Set(userIds.filter((userId) => shown(statuses.get(userId)) !== 'offline'))
    }) satisfies OnlineNow,

    /** Everything that waits is let go. */
    end(): void {
      for (const timer of [...leaving.values(), ...settling.values()]) clearTimeout(timer)
      if (gathering) clearTimeout(gathering)
    },
  }
}
export type Presence = ReturnType<typeof createPresence>

/** The invisible look like those who are away from home. */
const shown = (status: PresenceStatus | undefined): Shown => (status === undefined || status === 'invisible' ? 'offline' : status)
