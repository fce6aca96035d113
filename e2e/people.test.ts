/** Finding somebody in a room of ten thousand: in the list of members, and while writing to them. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { insertGuests } from '../scripts/servers/people.ts'
import { launch } from './support/browser.ts'
import { behindTheScenes, composer, expectCalm, type Person, signIn, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

const MEMBERS = 9_990
setDefaultTimeout(240_000)

let folder = ''
let server: Server
let browser: Browser
let ann: Person
let roomId = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'teahouse-people-'))
  ;[server, browser] = await Promise.all([startServer({ DATA_DIR: folder }), launch()])
  const tea = await behindTheScenes(server.url, 'ann')
  roomId = (await tea.api.create_room({ name: 'Great hall' })).id
  await crowd()
  const late = await behindTheScenes(server.url, 'zora')
  await late.api.update_me({ display_name: 'Marie Zora 林小雨' })
  await late.api.join_room({ room_id: roomId })
  late.stop()
  tea.stop()
  ann = await sitDown(browser, server.url, 'ann')
  await signIn(ann)
  await ann.page.locator('.room-row', { hasText: 'Great hall' }).click()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Straight into the tables: by hand it would take an hour. */
async function crowd(): Promise<void> {
  const people = Array.from({ length: MEMBERS }, () => Bun.randomUUIDv7())
  const db = new pg.Client(`postgres://teahouse@localhost/postgres?host=${encodeURIComponent(join(folder, 'postgres'))}`)
  await db.connect()
  try {
    await db.query('begin')
    await insertGuests(db, people)
    await db.query(
      `insert into members (room_id, user_id, role, joined_at)
       select $1, u, 'member', date_trunc('second', now()) - interval '1 hour' + n * interval '1 ms' from unnest($2::uuid[]) with ordinality as x(u, n)`,
      [roomId, people],
    )
    await db.query('update rooms set member_count = $2 where id = $1', [roomId, MEMBERS + 1])
    await db.query('commit')
  } finally {
    await db.end()
  }
}

/** What the page asks the server about members, from now on. */
function questions(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url())
    if (pathname.endsWith('/members')) asked.push(searchParams.get('q') ?? '')
  })
  return asked
}

const filter = () => ann.page.getByLabel('Filter members')

test('the list finds whoever came last, by one question to the server, and their menu works', async () => {
  const { page } = ann
  await page.locator('.panel-members').click()
  await page.locator('.member').nth(50).waitFor()
  const asked = questions(page)
  await filter().pressSequentially('小雨', { delay: 20 })
  await page.locator('.member', { hasText: 'Marie Zora 林小雨' }).waitFor()
  expect(await page.locator('.member').count()).toBe(1)
  expect(asked.filter((q) => q === '小雨')).toHaveLength(1)
  expect(asked).not.toContain('')
  await page.getByRole('button', { name: 'Actions for Marie Zora 林小雨' }).click()
  await page.getByRole('menuitem', { name: 'Mention' }).click()
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('#composer')?.value === '@zora ')
  await composer(page).fill('')
})

test('a beginning that many share shows a page of them, and more on request', async () => {
  const { page } = ann
  await filter().fill('guest_99')
  await page.waitForFunction(() => document.querySelectorAll('.member').length === 100)
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.waitForFunction(() => document.querySelectorAll('.member').length === 102)
  await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' })
})

test('nobody of that name is said to be nobody, and no name shows everybody again', async () => {
  const { page } = ann
  await filter().fill('no such person')
  await page.getByText('No member is called that.').waitFor()
  expect(await page.locator('.member').count()).toBe(0)
  await filter().fill('')
  await page.locator('.member').nth(50).waitFor()
})

test('whoever was found and is removed goes from what was found', async () => {
  const { page } = ann
  await filter().fill('guest_5000')
  await page.locator('.member', { hasText: 'Guest 5000' }).waitFor()
  await page.getByRole('button', { name: 'Actions for Guest 5000' }).click()
  await page.getByRole('menuitem', { name: 'Remove from room' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('No member is called that.').waitFor()
  await filter().fill('')
})

test('a mention completes the name of somebody who never spoke, and typing on waits for nothing', async () => {
  const { page } = ann
  const asked = questions(page)
  await composer(page).fill('')
  await composer(page).pressSequentially('Tea for @mari')
  await page.locator('.suggestions li', { hasText: '@zora' }).waitFor()
  expect(asked).toContain('mari')
  await composer(page).press('Tab')
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('#composer')?.value === 'Tea for @zora ')
  await page.context().setOffline(true)
  await composer(page).pressSequentially('and @zor')
  expect(await composer(page).inputValue()).toBe('Tea for @zora and @zor')
  await page.context().setOffline(false)
  await composer(page).fill('')
  expectCalm(ann)
})
