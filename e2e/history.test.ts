/** A long history: ten thousand messages scrolled to their beginning, jumped into, and read in peace while more arrive. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Teahouse } from '@teahouse/sdk'
import type { Browser, Page } from 'playwright-core'
import { until } from '../packages/server/test/support/until.ts'
import { launch } from './support/browser.ts'
import { behindTheScenes, composer, expectCalm, hears, type Person, say, signIn, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

const MESSAGES = 10_000
const AT_ONCE = 200
setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let writer: Teahouse
let ann: Person
let roomId = ''
let firstSeq = 0

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ LIMIT_MESSAGES_PER_SECOND: '0' }), launch()])
  writer = await behindTheScenes(server.url, 'writer')
  const reader = await behindTheScenes(server.url, 'ann')
  roomId = (await writer.api.create_room({ name: 'Long room' })).id
  await reader.api.join_room({ room_id: roomId })
  for (let n = 1; n <= MESSAGES; n += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, (_, i) => write(n + i))
    const [first] = await Promise.all(batch)
    if (n === 1) firstSeq = first?.seq ?? 0
  }
  await reader.api.mark_read({ room_id: roomId, seq: firstSeq + MESSAGES - 1 })
  reader.stop()
  ann = await sitDown(browser, server.url, 'ann')
  await signIn(ann)
  await ann.page.locator('.room-row', { hasText: 'Long room' }).click()
})
afterAll(async () => {
  writer?.stop()
  await browser?.close()
  await server?.stop()
})

/** Lines of every length, so that rows have different heights. */
const lineOf = (n: number) => `line ${n} ${'and on it goes '.repeat(n % 17)}`.trim()
const write = (n: number) => writer.command('send_message', { room_id: roomId, content: lineOf(n), client_id: crypto.randomUUID() })

/** The numbers of the lines that are drawn, in order. */
const drawn = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('.message .text')].map((text) => Number(/^line (\d+)/.exec(text.textContent ?? '')?.[1])),
  )
/** The first line whose top is in sight, and how far below the upper edge it stands. */
const eye = (page: Page) =>
  page.evaluate(() => {
    const edge = document.querySelector('.scroll')?.getBoundingClientRect().top ?? 0
    const row = [...document.querySelectorAll('.message')].find((one) => one.getBoundingClientRect().top >= edge)
    return { line: /line (\d+)/.exec(row?.textContent ?? '')?.[1], top: Math.round((row?.getBoundingClientRect().top ?? 0) - edge) }
  })
/** The same line in the same place; a screen rounds to whole pixels. */
function expectUnmoved(before: Awaited<ReturnType<typeof eye>>, after: Awaited<ReturnType<typeof eye>>): void {
  expect(after.line).toBe(before.line)
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(2)
}
/** The same once nothing moves any more: wheels go on turning for a while, and a busy machine draws seldom. */
async function still(page: Page): Promise<Awaited<ReturnType<typeof eye>>> {
  let last = await eye(page)
  for (let unmoved = 0; unmoved < 3;) {
    await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 120)))
    const now = await eye(page)
    unmoved = now.line === last.line && now.top === last.top ? unmoved + 1 : 0
    last = now
  }
  return last
}
const isSequence = (numbers: number[]) => numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1)

test('a room of ten thousand opens at its end with a few dozen rows drawn', async () => {
  await hears(ann.page, lineOf(MESSAGES))
  const lines = await drawn(ann.page)
  expect(lines.at(-1)).toBe(MESSAGES)
  expect(isSequence(lines)).toBe(true)
  expect(lines.length).toBeLessThan(120)
})

test('scrolling up keeps the place while older pages arrive, without a hole', async () => {
  await ann.page.locator('.scroll').hover()
  for (let i = 0; i < 15; i++) {
    await ann.page.mouse.wheel(0, -900)
    await ann.page.waitForFunction(() => document.querySelectorAll('.message').length > 5)
    expect(isSequence(await drawn(ann.page))).toBe(true)
  }
  const before = await still(ann.page)
  for (const n of [1, 2, 3]) await write(MESSAGES + n)
  await ann.page.locator('.to-end', { hasText: '3 new messages' }).waitFor()
  expectUnmoved(before, await eye(ann.page))
})

test('the button leads to the newest', async () => {
  await ann.page.locator('.to-end').click()
  await hears(ann.page, lineOf(MESSAGES + 3))
  await ann.page.locator('.to-end').waitFor({ state: 'detached' })
  expect((await drawn(ann.page)).at(-1)).toBe(MESSAGES + 3)
})

test('a room that was left in the middle of reading is found there again', async () => {
  const { page } = ann
  await page.locator('.scroll').hover()
  for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -900)
  const left = await still(page)
  await page.locator('.rooms-head a').click()
  await page.locator('.directory-room').first().waitFor()
  await page.locator('.room-row', { hasText: 'Long room' }).click()
  await page.locator('.message').nth(5).waitFor()
  const found = await still(page)
  expect(Math.abs(Number(found.line) - Number(left.line))).toBeLessThan(6)
  await page.locator('.to-end').click()
  await page.locator('.to-end').waitFor({ state: 'detached' })
})

test('text that is being marked does not move while messages arrive', async () => {
  const { page } = ann
  await page.evaluate(() => getSelection()?.selectAllChildren([...document.querySelectorAll('.message .text')].at(-2) as Node))
  const before = await still(page)
  await write(MESSAGES + 4)
  await page.locator('.to-end').waitFor()
  expectUnmoved(before, await eye(page))
  expect(await page.evaluate(() => getSelection()?.toString().startsWith('line'))).toBe(true)
  await page.evaluate(() => getSelection()?.removeAllRanges())
  await page.locator('.to-end').click()
  await hears(page, lineOf(MESSAGES + 4))
})

test('a link to the middle shows its message there, and both ways lead on from it', async () => {
  await ann.page.evaluate(
    ([path]) => {
      history.pushState(null, '', path)
      dispatchEvent(new PopStateEvent('popstate'))
    },
    [`/rooms/${roomId}/${firstSeq + 4_999}`],
  )
  await ann.page.locator('.message.is-pointed', { hasText: 'line 5000 ' }).waitFor()
  expect(isSequence(await drawn(ann.page))).toBe(true)
  await ann.page.locator('.scroll').hover()
  // at the foot of what is loaded a wheel turns in vain
  const isFurther = async () => {
    await ann.page.mouse.wheel(0, 1_500)
    return ((await drawn(ann.page)).at(-1) ?? 0) > 5_060
  }
  await until(isFurther, { withinMs: 60_000, everyMs: 50, what: 'what comes after the middle' })
  expect(isSequence(await drawn(ann.page))).toBe(true)
  await say(ann.page, 'back at the end')
  await ann.page.locator('.message[data-seq]', { hasText: 'back at the end' }).waitFor()
})

test('the whole history can be walked to its beginning', async () => {
  const { page } = ann
  const oldest = () => drawn(page).then((lines) => lines.find((n) => n > 0) ?? MESSAGES)
  let at = await oldest()
  while (at > 1) {
    await page.evaluate(() => document.querySelector('.scroll')?.scrollTo(0, 0))
    await page.waitForFunction(
      (was) => Number(/line (\d+)/.exec(document.querySelector('.message .text')?.textContent ?? '')?.[1]) < was,
      at,
    )
    at = await oldest()
  }
  await page.getByText('This is the beginning of Long room.').waitFor()
  const lines = await drawn(page)
  expect(lines[0]).toBe(1)
  expect(isSequence(lines)).toBe(true)
  expect(await page.locator('.message').count()).toBeLessThan(150)
  expect(await composer(page).isVisible()).toBe(true)
  expectCalm(ann)
})
