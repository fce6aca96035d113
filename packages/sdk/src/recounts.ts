/** Asks the server for a room whose unread counts can no longer be derived here, seldom enough. */
import type { ClockPort } from './ports.ts'
import type { Store } from './store.ts'

const GATHER_MS = 1_000
const MOST_AT_ONCE = 8

export function createRecounts(clock: ClockPort, store: Store, recheck: (roomId: string) => Promise<void>) {
  const uncertain = new Set<string>()
  let waiting = false

  async function ask(): Promise<void> {
    const asked = [...uncertain].slice(0, MOST_AT_ONCE)
    for (const roomId of asked) uncertain.delete(roomId)
    await Promise.all(asked.filter(isUncertain).map(recheck))
    waiting = false
    for (const roomId of asked) look(roomId)
    if (uncertain.size > 0) later()
  }

  const isUncertain = (roomId: string): boolean => store.state().rooms.get(roomId)?.joints.countsUncertain === true

  function later(): void {
    if (waiting) return
    waiting = true
    clock.after(GATHER_MS, () => void ask())
  }

  function look(roomId: string): void {
    if (!isUncertain(roomId)) return
    uncertain.add(roomId)
    later()
  }

  return { look }
}
