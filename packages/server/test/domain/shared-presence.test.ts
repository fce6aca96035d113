/** Presence in Redis while Redis is too slow to be told who came and went. */
import { expect, test } from 'bun:test'
import type { RedisLink } from '../../src/infrastructure/redis/link.ts'
import { ALIVE, DROP, PUT } from '../../src/infrastructure/redis/presence-scripts.ts'
import { createSharedPresence } from '../../src/infrastructure/redis/presence.ts'
import type { RedisSession } from '../../src/infrastructure/redis/session.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('who came and went meanwhile is told as soon as it answers again', async () => {
  const entries = new Set<string>()
  let answers = true
  let beat = () => {}
  const run = async (script: string, key: string, [first]: readonly string[]) => {
    if (script === ALIVE) return [1, ['here'], []]
    if (script === PUT) entries.add(`${key} ${first}`)
    if (script === DROP) entries.delete(`${key} ${first}`)
    return 1
  }
  const session = { run } as unknown as RedisSession
  const link: RedisLink = {
    session: () => session,
    ask: async (question) => (answers ? question(session) : null),
    onUp: (act) => void (beat = () => act(session)),
    stop: async () => {},
  }
  const presence = createSharedPresence({
    link,
    instance: 'here',
    now: Date.now,
    onVanished: () => {},
    onError: (error) => expect(error).toBeNull(),
  })
  await presence.put('ann', 'phone')
  expect([...entries]).toEqual(['teahouse:presence:ann phone'])
  answers = false
  await presence.drop('ann', 'phone')
  await presence.put('ben', 'tablet')
  await presence.put('cat', 'laptop')
  await presence.drop('cat', 'laptop')
  answers = true
  beat()
  await settled()
  expect([...entries]).toEqual(['teahouse:presence:ben tablet'])
  presence.stop()
})
