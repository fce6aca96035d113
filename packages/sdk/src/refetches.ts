/** Asks the server for a room that can no longer be derived here in full, seldom enough. */
import type { ClockPort } from './ports.ts'
import type { Store } from './store.ts'

const GATHER_MS = 1_000
const MOST_AT_ONCE = 8

export function createRefetches(clock: ClockPort, store: Store, recheck: (roomId: string) => Promise<void>) {
  const wanted = new Set<string>()
  let waiting = false

  async function ask(): Promise<void> {
    const asked = [...wanted].slice(0, MOST_AT_ONCE)
    for (const roomId of asked) wanted.delete(roomId)
    await Promise.all(asked.filter(isIncomplete).map(recheck))
    waiting = false
    for (const roomId of asked) look(roomId)
    if (wanted.size > 0) later()
  }

  const isIncomplete = (roomId: string): boolean => {
    const joints = store.state().rooms.get(roomId)?.joints
    return joints?.countsUncertain === true || joints?.lastMessageUnknown === true
  }

  function later(): void {
    if (waiting) return
    waiting = true
    clock.after(GATHER_MS, () => void ask())
  }

  function look(roomId: string): void {
    if (!isIncomplete(roomId)) return
    wanted.add(roomId)
    later()
  }

  return { look }
}
