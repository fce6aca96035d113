/** The way to Redis for as long as the process lives: there or not there, tried again with growing pauses, never waited for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openRedis, type RedisSession } from './session.ts'

export type RedisLink = {
  /** null while Redis is away. */
  session(): RedisSession | null
  /** Asks Redis something that is worth no waiting: null when it is away, refuses, or does not answer within some hundred milliseconds. */
  ask<Answer>(question: (session: RedisSession) => Promise<Answer>): Promise<Answer | null>
  /** Called at every connect, and at once when there is a connection already. */
  onUp(act: (session: RedisSession) => void): void
  stop(): Promise<void>
}

export type RedisLinkPorts = {
  /** Hears of each connect after the first one. */
  onReconnect: () => void
  /** Hears once of an outage, not of every attempt. */
  onDown: (error: unknown) => void
}

const ANSWERS_WITHIN_MS = 300
/** After it was too slow once it is left alone for a while, so that not every request waits anew. */
const LEFT_ALONE_MS = 1_000
const AGAIN_AFTER_MS = [50, 200, 500, 1_000, 2_000]

export function createRedisLink(urls: readonly string[], { onReconnect, onDown }: RedisLinkPorts): RedisLink {
  const stopping = new AbortController()
  const listeners: ((session: RedisSession) => void)[] = []
  let current: RedisSession | null = null
  let slowUntil = 0

  async function run(): Promise<void> {
    let known = false
    let told = false
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        current = await openRedis(urls)
        if (known) onReconnect()
        known = true
        told = false
        failures = 0
        for (const act of listeners) act(current)
        throw await Promise.race([current.ended, aborted])
      } catch (error) {
        current?.destroy()
        current = null
        if (!told && !stopping.signal.aborted) onDown(error)
        told = true
        const longest = AGAIN_AFTER_MS[Math.min(failures++, AGAIN_AFTER_MS.length - 1)] ?? 0
        await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const aborted = new Promise<Error>((resolve) => stopping.signal.addEventListener('abort', () => resolve(new Error('stopping'))))
  const done = run()
  return {
    session: () => current,
    async ask(question) {
      if (!current || Date.now() < slowUntil) return null
      const { promise: late, resolve } = Promise.withResolvers<null>()
      const timer = setTimeout(() => {
        slowUntil = Date.now() + LEFT_ALONE_MS
        resolve(null)
      }, ANSWERS_WITHIN_MS)
      try {
        return await Promise.race([question(current), late])
      } catch {
        return null
      } finally {
        clearTimeout(timer)
      }
    },
    onUp(act) {
      listeners.push(act)
      if (current) act(current)
    },
    async stop() {
      stopping.abort()
      await done
    },
  }
}
