/** The page about the SDK names everything there is, and nothing that is not. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { createTeahouse, type KeyedViews, type OutboxMessage, type Phase, type SignedOutReason, type Views } from '@teahouse/sdk'

const page = await Bun.file(join(import.meta.dir, '../../../docs/sdk.md')).text()

const isMentioned = (word: string): boolean => new RegExp(`\`[^\`\n]*\\b${word}\\b[^\`\n]*\``).test(page)

// The compiler holds these lists to the types.
const VIEWS = { session: 1, connection: 1, server: 1, rooms: 1, totals: 1 } satisfies Record<keyof Views, 1>
const KEYED = { room: 1, timeline: 1, members: 1, pins: 1, typing: 1, outbox: 1, departure: 1, presence: 1, user: 1 } satisfies Record<
  keyof KeyedViews,
  1
>
const PHASES = { closed: 1, connecting: 1, authenticating: 1, catching_up: 1, live: 1, waiting: 1 } satisfies Record<Phase, 1>
const STATES = { queued: 1, sending: 1, sent: 1, failed: 1 } satisfies Record<OutboxMessage['state'], 1>
const REASONS = { never: 1, logout: 1, session_ended: 1, account_suspended: 1, expired: 1 } satisfies Record<SignedOutReason, 1>

test('every view, phase, state and reason is on the page', () => {
  const words = [VIEWS, PHASES, STATES, REASONS].flatMap((list) => Object.keys(list))
  expect(words.filter((word) => !isMentioned(word))).toEqual([])
  expect(Object.keys(KEYED).filter((kind) => !new RegExp(`\`${kind}:(ROOM|USER)_ID\``).test(page))).toEqual([])
})

test('every call of a client is on the page, and every call on the page is there', () => {
  const client = createTeahouse({ url: 'http://127.0.0.1:1' })
  const there = Object.keys(client)
  expect(there.filter((name) => name !== 'state' && !new RegExp(`\\b${name}[(.]`).test(page))).toEqual([])
  const named = [...page.matchAll(/\btea\.(\w+)/g)].map(([, name]) => name)
  expect(named.filter((name) => name !== undefined && !there.includes(name))).toEqual([])
})
