/** Long messages: folded, unfolded in place, and never by themselves. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Teahouse } from '@teahouse/sdk'
import type { Browser, Locator } from 'playwright-core'
import { launch } from './support/browser.ts'
import { behindTheScenes, expectCalm, message, type Person, signIn, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'
import { says } from './support/tea-party.ts'

setDefaultTimeout(240_000)
let server: Server
let browser: Browser
let tea: Teahouse
let ann: Person
let roomId = ''
let storySeq = 0

const lines = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} line ${i + 1}`).join('\n')
const block = (name: string) => `\`\`\`ts\n${lines(`// ${name}`, 30)}\n\`\`\``

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), launch()])
  tea = await behindTheScenes(server.url, 'ann')
  roomId = (await tea.api.create_room({ name: 'Reading room' })).id
  for (let i = 1; i <= 12; i++) await says(tea, roomId, `before ${i}`)
  const story = await says(tea, roomId, lines('story', 80))
  storySeq = (await tea.api.get_message({ message_id: story })).seq
  await says(tea, roomId, 'right behind the story')
  await says(tea, roomId, lines('page', 21))
  await says(tea, roomId, `${block('first')}\n\n${block('second')}`)
  for (let i = 1; i <= 30; i++) await says(tea, roomId, `after ${i}`)
  await says(tea, roomId, lines('last', 60))
  ann = await sitDown(browser, server.url, 'ann')
  await signIn(ann)
  await ann.page.locator('.room-row', { hasText: 'Reading room' }).click()
  await message(ann.page, 'last line 1').waitFor()
})
afterAll(async () => {
  tea?.stop()
  await browser?.close()
  await server?.stop()
})

const toggle = (of: Locator) => of.locator('.fold-toggle')
const isExpanded = (of: Locator) => toggle(of).getAttribute('aria-expanded')
const boxOf = async (of: Locator) => {
  const box = await of.boundingBox()
  if (!box) throw new Error('it is not drawn')
  return box
}
/** Where it stands once nothing moves any more. */
async function still(of: Locator): Promise<{ top: number; bottom: number }> {
  for (let last = await boxOf(of); ;) {
    await ann.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
    const now = await boxOf(of)
    if (now.y === last.y && now.height === last.height) return { top: now.y, bottom: now.y + now.height }
    last = now
  }
}
/** A screen rounds to whole pixels. */
const expectSame = (now: number, before: number) => expect(Math.abs(now - before)).toBeLessThanOrEqual(2)

test('the newest message is cut where it is long, and unfolds downwards though the end is in sight', async () => {
  const last = message(ann.page, 'last line 1')
  expect(await isExpanded(last)).toBe('false')
  expect((await boxOf(last.locator('.fold'))).height).toBe(480)
  const before = await still(last)
  await toggle(last).click()
  await last.locator('.fold.is-whole').waitFor()
  expect(await isExpanded(last)).toBe('true')
  const after = await still(last)
  expectSame(after.top, before.top)
  expect(after.bottom).toBeGreaterThan(before.bottom + 500)
  await last.getByRole('button', { name: 'Show less' }).click()
  await last.locator('.fold.is-cut').waitFor()
})

test('a link to a long message shows it as it is, cut', async () => {
  const { page } = ann
  await page.evaluate(
    ([path]) => {
      history.pushState(null, '', path)
      dispatchEvent(new PopStateEvent('popstate'))
    },
    [`/rooms/${roomId}/${storySeq}`],
  )
  const story = page.locator('.message.is-pointed', { hasText: 'story line 1' })
  await story.waitFor()
  await story.locator('.fold.is-cut').waitFor()
  expect(await isExpanded(story)).toBe('false')
})

test('the keyboard unfolds and folds it: the text goes on below, and what follows comes back to where it was', async () => {
  const story = message(ann.page, 'story line 1')
  const next = message(ann.page, 'right behind the story')
  const before = await still(story)
  await toggle(story).focus()
  await ann.page.keyboard.press('Enter')
  await story.locator('.fold.is-whole').waitFor()
  const whole = await still(story)
  expectSame(whole.top, before.top)
  expect(whole.bottom - whole.top).toBeGreaterThan(80 * 20)
  await toggle(story).scrollIntoViewIfNeeded()
  const below = await still(next)
  await ann.page.keyboard.press('Enter')
  await story.locator('.fold.is-cut').waitFor()
  expectSame((await still(next)).top, below.top)
  expect(await toggle(story).evaluate((button) => button === document.activeElement)).toBe(true)
})

test('what was unfolded stays so when it was out of sight', async () => {
  const { page } = ann
  const story = message(page, 'story line 1')
  await toggle(story).click()
  await story.locator('.fold.is-whole').waitFor()
  await page.locator('.to-end').click()
  await story.waitFor({ state: 'detached' })
  await page.locator('.scroll').hover()
  await page.waitForFunction(() => {
    const box = document.querySelector('.scroll')
    box?.scrollBy(0, -400)
    return [...document.querySelectorAll('.message')].some((one) => one.textContent?.includes('story line 80'))
  })
  expect(await isExpanded(story)).toBe('true')
})

test('a page that fits is not cut; blocks of code are', async () => {
  const { page } = ann
  const code = message(page, '// first line 1')
  await code.locator('.fold.is-cut').waitFor()
  await message(page, 'page line 21').locator('.fold.is-whole').waitFor()
  expect(await toggle(message(page, 'page line 21')).count()).toBe(0)
  expect(await message(page, 'before 12').locator('.fold').count()).toBe(0)
})

test('what is marked and what is printed is all of it', async () => {
  const { page } = ann
  const code = message(page, '// first line 1')
  await code.evaluate((one) => getSelection()?.selectAllChildren(one.querySelector('.text') as Node))
  expect(await page.evaluate(() => getSelection()?.toString())).toContain('// second line 30')
  await page.evaluate(() => getSelection()?.removeAllRanges())
  await page.emulateMedia({ media: 'print' })
  expect((await boxOf(code.locator('.fold'))).height).toBeGreaterThan(576)
  expect(await toggle(code).isVisible()).toBe(false)
  await page.emulateMedia({ media: 'screen' })
})

test('the focus never goes where nothing is seen: it unfolds', async () => {
  const code = message(ann.page, '// first line 1')
  await code.locator('pre').first().focus()
  expect(await isExpanded(code)).toBe('false')
  await code.locator('pre').last().focus()
  await code.locator('.fold.is-whole').waitFor()
  expect(await isExpanded(code)).toBe('true')
  expectCalm(ann)
})
