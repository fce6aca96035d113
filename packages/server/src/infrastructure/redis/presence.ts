/** Presence over all instances: one entry per connection that expires by itself, and is cleaned away when its instance dies. */
import type { PresenceStatus } from '@teahouse/protocol'
import type { PresenceStore } from '../../application/ports/live.ts'
import { memoryPresence } from '../memory/presence.ts'
import type { RedisLink } from './link.ts'
import { ALIVE, CLEAN, DROP, MEMBERS, PUT, READ, SET_STATUS } from './presence-scripts.ts'

export type SharedPresencePorts = {
  link: RedisLink
  instance: string
  now: () => number
  /** Users whose connections ended with an instance that died; one of the others is told. */
  onVanished: (userIds: readonly string[]) => void
  onError: (error: unknown) => void
}

const TTL_MS = 300_000
const REFRESH_MS = 60_000
const BEAT_MS = 4_000
/** An instance that was silent for this long is dead; its users have ten seconds more to come back elsewhere. */
const DEAD_AFTER_MS = 13_000
/** Their entries are cleaned, or expire; nobody needs to remember them for ever. */
const MAX_GONE = 1_000
const INSTANCES = 'teahouse:instances'

const keyOf = (userId: string) => `teahouse:presence:${userId}`
const usersOf = (instance: string) => `teahouse:instance:${instance}:users`
const STATUSES: ReadonlySet<string> = new Set<PresenceStatus>(['online', 'away', 'busy', 'invisible'])

export type SharedPresence = PresenceStore & { stop(): void }

export function createSharedPresence({ link, instance, now, onVanished, onError }: SharedPresencePorts): SharedPresence {
  const local = memoryPresence()
  const here = new Map<string, string>() // connection → user
  const touched = new Set<string>()
  const unsaid = new Map<string, string>() // connection → user: Redis was away or slow when it came or went
  const ofUser = new Map<string, number>()
  const leaving = new Map<string, number>() // user → when his last connection here ended
  let alive: ReadonlySet<string> = new Set()
  const gone = new Set<string>() // instances that were alive once

  const run = (script: string, key: string, ...parameters: string[]) => link.ask((session) => session.run(script, key, parameters))

  async function write(userId: string, connectionId: string): Promise<void> {
    const status = (await local.statuses([userId])).get(userId) ?? 'online'
    const answers = await Promise.all([
      run(PUT, keyOf(userId), connectionId, `${instance} ${now() + TTL_MS}`, String(TTL_MS), status === 'online' ? '' : status),
      run("return redis.call('SADD', KEYS[1], ARGV[1])", usersOf(instance), userId),
    ])
    if (answers.includes(null)) unsaid.set(connectionId, userId)
  }

  async function erase(userId: string, connectionId: string): Promise<void> {
    if ((await run(DROP, keyOf(userId), connectionId)) === null) unsaid.set(connectionId, userId)
  }

  async function sayAgain(): Promise<void> {
    const late = [...unsaid]
    unsaid.clear()
    for (const [connectionId, userId] of late) await (here.has(connectionId) ? write : erase)(userId, connectionId)
  }

  async function rewrite(connectionIds: Iterable<string>): Promise<void> {
    for (const connectionId of connectionIds) {
      const userId = here.get(connectionId)
      if (userId !== undefined) await write(userId, connectionId)
    }
  }

  /** Says that this instance lives, and learns who else does. After Redis has forgotten us we say everything again. */
  async function beat(): Promise<void> {
    const answer = (await run(ALIVE, INSTANCES, instance, String(DEAD_AFTER_MS))) as [number, string[], string[]] | null
    if (!answer) return
    const [known, living, dead] = answer
    for (const id of alive) gone.add(id)
    for (const id of living) gone.delete(id)
    for (const id of [...gone].slice(0, -MAX_GONE)) gone.delete(id)
    alive = new Set(living)
    if (known === 0) await rewrite([...here.keys()])
    await sayAgain()
    for (const id of dead) await clean(id)
  }

  async function clean(dead: string): Promise<void> {
    const users = ((await run(MEMBERS, usersOf(dead))) ?? []) as string[]
    for (const userId of users) await run(CLEAN, keyOf(userId), dead)
    await run("return redis.call('DEL', KEYS[1])", usersOf(dead))
    if (users.length > 0) onVanished(users)
  }

  /** Who left a moment ago still belongs to us: should we end now, others must tell that he is gone. */
  async function forgetLeft(): Promise<void> {
    for (const [userId, at] of leaving) {
      if (now() - at < DEAD_AFTER_MS * 2) continue
      leaving.delete(userId)
      await run("return redis.call('SREM', KEYS[1], ARGV[1])", usersOf(instance), userId)
    }
  }

  /** One after the other: a slow Redis must not gather work here. */
  function every(ms: number, act: () => Promise<void>): ReturnType<typeof setInterval> {
    let acting = false
    return setInterval(() => {
      if (acting) return
      acting = true
      void act()
        .catch(onError)
        .finally(() => (acting = false))
    }, ms)
  }
  const timers = [
    every(BEAT_MS, beat),
    every(REFRESH_MS, async () => {
      const living = [...touched]
      touched.clear()
      await rewrite(living)
      await forgetLeft()
    }),
  ]
  link.onUp(() => void beat().catch(onError))

  return {
    async put(userId, connectionId) {
      await local.put(userId, connectionId)
      here.set(connectionId, userId)
      ofUser.set(userId, (ofUser.get(userId) ?? 0) + 1)
      leaving.delete(userId)
      await write(userId, connectionId)
    },
    async drop(userId, connectionId) {
      await local.drop(userId, connectionId)
      touched.delete(connectionId)
      if (!here.delete(connectionId)) return
      const left = (ofUser.get(userId) ?? 1) - 1
      if (left > 0) ofUser.set(userId, left)
      else {
        ofUser.delete(userId)
        leaving.set(userId, now())
      }
      await erase(userId, connectionId)
    },
    touch: (_userId, connectionId) => void touched.add(connectionId),
    async setStatus(userId, status) {
      await local.setStatus(userId, status)
      await run(SET_STATUS, keyOf(userId), status)
    },
    /** Redis knows of all; without it, or beside it, we know of our own. */
    async statuses(userIds) {
      const statuses = new Map(await local.statuses(userIds))
      const answers = await link.ask((session) =>
        Promise.all(userIds.map(async (userId) => [userId, await session.run(READ, keyOf(userId), [])] as const)),
      )
      for (const [userId, fields] of answers ?? []) {
        const status = statusIn(fields as string[])
        if (status) statuses.set(userId, status)
      }
      return statuses
    },
    /** What we leave behind is cleaned by another instance, which also tells who did not come back. */
    stop: () => timers.forEach((timer) => clearInterval(timer)),
  }

  /** null when no connection of a living instance is among the fields. */
  function statusIn(fields: readonly string[]): PresenceStatus | null {
    let status: PresenceStatus = 'online'
    let there = false
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const [field = '', value = ''] = fields.slice(i, i + 2)
      const [owner = '', expires] = value.split(' ')
      if (field === 'status') status = STATUSES.has(value) ? (value as PresenceStatus) : 'online'
      else if (Number(expires) > now() && (owner === instance ? here.has(field) : !gone.has(owner))) there = true
    }
    return there ? status : null
  }
}
