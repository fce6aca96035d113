/**
 * What follows when an account was deleted: rooms are left, a few at a time, and what the log and old answers say of the person is taken out.
 * All of it can be done again from wherever it ended, by whoever comes next, so that a process may die in the middle.
 */
import { within } from '../domain/within.ts'
import { leaveRooms } from './departure.ts'
import type { Erasures } from './ports/erasures.ts'
import type { Stores, Write } from './ports/transaction.ts'

export type ErasurePorts = {
  stores: Pick<Stores, 'members'>
  erasures: Erasures
  write: Write
  onError: (error: unknown) => void
}

export type Erasure = {
  /** Resolves when nothing is left to be done, or after `withinMs`; what is left then goes on. Never throws. */
  finish(userId: string, withinMs: number): Promise<void>
  /** Goes on with all that were left unfinished, by any process. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

/** Rooms of one transaction: their senders wait for so many and no more. */
const ROOMS_AT_ONCE = 4
const EVERY_MS = 10_000
/** Looked for the end of what was under way, so often and so far apart, before the next sweep looks again. */
const LOOKS = 40
const LOOK_EVERY_MS = 50

/** Runs at once, and now and then until `stop`; several instances do not disturb each other. */
export function startErasure({ stores, erasures, write, onError }: ErasurePorts, everyMs = EVERY_MS): Erasure {
  const stopping = new AbortController()
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
  const underWay = new Map<string, Promise<void>>()
  /** Of those whose erasure goes on here: the first after their deletion. A later one would wait for still others, where somebody always writes for long. */
  const moments = new Map<string, string>()

  /** He can enter no room since his account is deleted: those that are found here are all. */
  async function leave(userId: string): Promise<void> {
    const rooms = await stores.members.roomsOf(userId)
    for (let i = 0; i < rooms.length && !stopping.signal.aborted; i += ROOMS_AT_ONCE)
      await write(null, (tx) => leaveRooms(tx, userId, rooms.slice(i, i + ROOMS_AT_ONCE)))
  }

  /** Whoever read his name before it was erased may write it down still: it is over when all these have ended and nothing is found. */
  async function forget(userId: string): Promise<void> {
    const moment = moments.get(userId) ?? (await erasures.moment())
    moments.set(userId, moment)
    await erasures.forget(userId)
    for (let look = 0; look < LOOKS && !stopping.signal.aborted; look++) {
      if ((await erasures.isOver(moment)) && (await erasures.forget(userId)) === 0) return erasures.end(userId)
      await within(LOOK_EVERY_MS, stopped)
    }
  }

  async function run(userId: string): Promise<void> {
    try {
      await leave(userId)
      if (!stopping.signal.aborted) await forget(userId)
    } catch (error) {
      onError(error)
    } finally {
      underWay.delete(userId)
    }
  }

  function start(userId: string): Promise<void> {
    const running = underWay.get(userId) ?? run(userId)
    underWay.set(userId, running)
    return running
  }

  async function sweep(): Promise<void> {
    const waiting = await erasures.waiting()
    for (const userId of moments.keys()) if (!waiting.includes(userId) && !underWay.has(userId)) moments.delete(userId) // over, here or elsewhere
    for (const userId of waiting) if (!stopping.signal.aborted) await start(userId)
  }

  let sweeping: Promise<void> | null = null
  /** One at a time: while the database is slow, sweeps that are due must not pile up. */
  function sweepUnlessSweeping(): void {
    sweeping ??= sweep()
      .catch(onError)
      .finally(() => (sweeping = null))
  }
  sweepUnlessSweeping()
  const timer = setInterval(sweepUnlessSweeping, everyMs)
  return {
    finish: (userId, withinMs) => within(withinMs, start(userId)),
    sweep,
    async stop() {
      stopping.abort()
      clearInterval(timer)
      await sweeping
      await Promise.all(underWay.values())
    },
  }
}
