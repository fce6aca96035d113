/** Sizes that nobody plans for: more rooms than a list shows, more members than a page holds, a message with every emoji. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { insertGuests, insertStreams } from '../scripts/servers/people.ts'
import { launch } from './support/browser.ts'
import { behindTheScenes, expectCalm, type Person, signIn, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

const ROOMS = 2_000
const MEMBERS = 1_000
let folder = ''
setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let ann: Person
let roomId = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'teahouse-large-'))
  ;[server, browser] = await Promise.all([startServer({ DATA_DIR: folder }), launch()])
  const tea = await behindTheScenes(server.url, 'ann')
  roomId = (await tea.api.create_room({ name: 'W'.repeat(64) })).id
  const { message_id } = await tea.delivered(tea.send(roomId, { content: 'Some **Longjing** from `last` spring' }))
  await fill((await tea.api.get_me()).id, message_id)
  tea.stop()
  ann = await sitDown(browser, server.url, 'ann', { viewport: { width: 390, height: 780 } })
  await signIn(ann)
  await ann.page.locator('.rooms-item').first().waitFor()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Straight into the tables: by hand it would take minutes. */
async function fill(annId: string, messageId: string): Promise<void> {
  const ids = (count: number) => Array.from({ length: count }, () => Bun.randomUUIDv7())
  const people = ids(MEMBERS)
  const rooms = ids(ROOMS)
  const emoji = people.slice(0, 300).map((_, i) => String.fromCodePoint(0x1f300 + i))
  const db = new pg.Client(`postgres://teahouse@localhost/postgres?host=${encodeURIComponent(join(folder, 'postgres'))}`)
  await db.connect()
  try {
    await db.query('begin')
    await insertGuests(db, people)
    await insertStreams(db, rooms)
    await db.query(
      `insert into rooms (id, kind, name, name_key, owner_id, is_private, max_members, member_count, created_at, updated_at)
       select id, 'group', 'Table ' || n, 'table ' || n, $2, false, 100, 1, now(), now() from unnest($1::uuid[]) with ordinality as r(id, n)`,
      [rooms, annId],
    )
    await db.query(`insert into members (room_id, user_id, role, joined_at) select r, $2, 'owner', now() from unnest($1::uuid[]) as r`, [
      rooms,
      annId,
    ])
    await db.query(
      `insert into members (room_id, user_id, role, joined_at)
       select $1, u, 'member', date_trunc('second', now()) + n * interval '1 ms' from unnest($2::uuid[]) with ordinality as x(u, n)`,
      [roomId, people],
    )
    await db.query('update rooms set member_count = $2 where id = $1', [roomId, MEMBERS + 1])
    await db.query(
      `insert into reactions (message_id, user_id, emoji, created_at) select $1, u, e, now() from unnest($2::uuid[], $3::text[]) as x(u, e)`,
      [messageId, people.slice(0, emoji.length), emoji],
    )
    await db.query('commit')
  } finally {
    await db.end()
  }
}

test('of two thousand rooms those in sight are drawn, to the foot of the list, also after a room was open', async () => {
  const { page } = ann
  await page.goto(`/rooms/${roomId}`)
  await page.locator('.message').first().waitFor()
  await page.getByRole('link', { name: 'My rooms' }).click()
  await page.locator('.rooms-item').nth(11).waitFor()
  await page.waitForFunction(() => {
    const bottom = (element: Element | null | undefined) => element?.getBoundingClientRect().bottom ?? Number.NaN
    return bottom([...document.querySelectorAll('.rooms-item')].at(-1)) > bottom(document.querySelector('.rooms-list'))
  })
  expect(await page.locator('.rooms-item').count()).toBeLessThan(60)
})

test('a name of full length and three hundred reactions stay within a phone', async () => {
  const { page } = ann
  await page.goto(`/rooms/${roomId}`)
  await page.getByRole('button', { name: '288 more' }).click()
  await page.locator('.reaction').nth(300).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
})

test('of a thousand members a page is drawn, and the filter finds who was on none yet', async () => {
  const { page } = ann
  await page.locator('.panel-members').click()
  await page.locator('.member').nth(50).waitFor()
  expect(await page.locator('.member').count()).toBeLessThanOrEqual(100)
  await page.getByLabel('Filter members').fill(`guest ${MEMBERS}`)
  await page.locator('.member', { hasText: `Guest ${MEMBERS}` }).waitFor()
  await page.getByLabel('Filter members').fill('')
  await page.locator('.member').nth(50).waitFor()
  expect(await page.locator('.member').count()).toBeLessThanOrEqual(100)
  expectCalm(ann)
})
