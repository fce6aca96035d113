/** The first minute, and what follows: strangers sign up, find each other, talk, edit, react, take back. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launch } from './support/browser.ts'
import {
  anotherTab,
  composer,
  composerHolds,
  expectCalm,
  hears,
  joinPublic,
  makeRoom,
  message,
  type Person,
  say,
  signUp,
  sitDown,
} from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let ann: Person
let bo: Person
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), launch()])
  ann = await sitDown(browser, server.url, 'ann')
  bo = await sitDown(browser, server.url, 'bo_')
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

test('two people sign up, make a room, find it, and talk both ways', async () => {
  await Promise.all([signUp(ann), signUp(bo)])
  await makeRoom(ann, 'Afternoon tea')
  await joinPublic(bo, 'Afternoon tea')
  await say(ann.page, 'hello, tea?')
  await hears(bo.page, 'hello, tea?')
  await say(bo.page, 'with pleasure')
  await hears(ann.page, 'with pleasure')
  expect(await message(ann.page, 'hello, tea?').count()).toBe(1)
  expect(await composer(ann.page).inputValue()).toBe('')
})

test('Shift+Enter makes a line, Markdown is drawn, and nothing is sent while an input method composes', async () => {
  await composer(ann.page).fill('')
  await composer(ann.page).pressSequentially('**bold** and `code`')
  await composer(ann.page).press('Shift+Enter')
  await composer(ann.page).pressSequentially('second line')
  // an input method takes Enter for itself
  await composer(ann.page).evaluate((field) => {
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))
  })
  expect(await composer(ann.page).inputValue()).toContain('second line')
  await composer(ann.page).press('Enter')
  const drawn = message(bo.page, 'second line')
  await drawn.waitFor()
  expect(await drawn.locator('strong').innerText()).toBe('bold')
  expect(await drawn.locator('code').innerText()).toBe('code')
})

test('arrow up edits the last message, and the other sees the new text', async () => {
  await say(ann.page, 'the kettle is of')
  await hears(bo.page, 'the kettle is of')
  await message(ann.page, 'the kettle is of').and(ann.page.locator('.message:not(.is-pending)')).waitFor()
  await composer(ann.page).press('ArrowUp')
  await ann.page.getByText('Editing your message').waitFor()
  await composerHolds(ann.page, 'the kettle is of')
  await composer(ann.page).fill('the kettle is on')
  await composer(ann.page).press('Enter')
  await message(bo.page, 'the kettle is on').getByText('(edited)').waitFor()
  expect(await message(bo.page, 'the kettle is of').count()).toBe(0)
})

test('a reaction is seen by both, and pressed again it goes', async () => {
  await message(bo.page, 'the kettle is on').hover()
  await message(bo.page, 'the kettle is on').getByRole('button', { name: 'React' }).click()
  await bo.page.getByLabel('Search emoji').fill('teacup')
  await bo.page.getByRole('button', { name: 'teacup without handle' }).click()
  const reaction = message(ann.page, 'the kettle is on').getByRole('button', { name: '🍵, 1 person' })
  await reaction.waitFor()
  await reaction.click()
  await message(bo.page, 'the kettle is on').getByRole('button', { name: '🍵, 2 people' }).click()
  await message(ann.page, 'the kettle is on').getByRole('button', { name: '🍵, 1 person' }).waitFor()
})

test('a reply leads back to what it answers', async () => {
  await message(bo.page, 'hello, tea?').hover()
  await message(bo.page, 'hello, tea?').getByRole('button', { name: 'Reply' }).click()
  await say(bo.page, 'always')
  const reply = message(ann.page, 'always')
  await reply.locator('.quote').click()
  await ann.page.locator('.message.is-pointed', { hasText: 'hello, tea?' }).waitFor()
})

test('a message taken back leaves no text, and its author may write it again', async () => {
  await say(ann.page, 'a secret')
  await hears(bo.page, 'a secret')
  const mine = ann.page.locator('.message:not(.is-pending)', { hasText: 'a secret' })
  await mine.hover()
  await mine.getByRole('button', { name: 'Actions' }).click()
  await ann.page.getByRole('menuitem', { name: 'Take back' }).click()
  await bo.page.locator('.message-gone', { hasText: 'ann took back a message.' }).waitFor()
  expect(await message(bo.page, 'a secret').count()).toBe(0)
  await ann.page.getByRole('button', { name: 'Write again' }).click()
  await composerHolds(ann.page, 'a secret')
  await composer(ann.page).fill('')
})

test('what is said while I am elsewhere is counted, marked with a line, and read once I look', async () => {
  const other = await anotherTab(bo)
  await bo.page.goto('/directory')
  await say(ann.page, 'anybody there? @bo_')
  const row = other.locator('.room-row', { hasText: 'Afternoon tea' })
  await row.locator('.count', { hasText: '1' }).waitFor()
  await other.waitForFunction(() => document.title.startsWith('(1)'))
  await row.click()
  await hears(other, 'anybody there?')
  await other.locator('.unread-line').waitFor()
  await other.waitForFunction(() => !document.title.startsWith('('))
  await bo.page.locator('.room-row.is-unread').waitFor({ state: 'detached' }) // the other tab knows too
  await other.close()
})

test('a mention raises a notification while I look elsewhere, and none in a room I silenced', async () => {
  const dee = await sitDown(browser, server.url, 'dee')
  // a browser without a screen forbids notifications: what the page would show is written down instead
  await dee.context.addInitScript(() => {
    const told: unknown[] = []
    Object.assign(window, { told })
    Object.defineProperty(window, 'Notification', { value: { permission: 'granted', requestPermission: () => Promise.resolve('granted') } })
    ServiceWorkerRegistration.prototype.showNotification = (title, options) => Promise.resolve(void told.push([title, options?.body]))
  })
  const told = () => dee.page.evaluate(() => (window as unknown as { told: unknown[] }).told)
  await signUp(dee)
  await joinPublic(dee, 'Afternoon tea')
  await dee.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await dee.page.locator('.me-button').click()
  await dee.page.getByRole('menuitem', { name: 'Settings' }).click()
  await dee.page.getByRole('tab', { name: 'Appearance' }).click()
  await dee.page.getByText('Tell me about mentions').click()
  await dee.page.keyboard.press('Escape')
  await dee.page.locator('.rooms-head a').click()
  await say(ann.page, '@dee come **quickly**')
  await dee.page.waitForFunction(() => (window as unknown as { told: unknown[] }).told.length > 0)
  expect(await told()).toEqual([['ann · Afternoon tea', '@dee come quickly']])
  await dee.page.locator('.room-row', { hasText: 'Afternoon tea' }).click()
  await dee.page.locator('.room-head').getByRole('button', { name: 'More' }).click()
  await dee.page.getByRole('menuitem', { name: 'Silence this room' }).click()
  await dee.page.locator('.rooms-head a').click()
  await say(ann.page, '@dee never mind')
  await dee.page.locator('.room-row.is-quiet', { hasText: 'never mind' }).waitFor()
  expect(await told()).toHaveLength(1)
  await dee.context.close()
})

test('typing shows at the other side and ends', async () => {
  await bo.page.locator('.room-row', { hasText: 'Afternoon tea' }).click()
  await composer(bo.page).pressSequentially('hm')
  await ann.page.getByText('bo_ is writing…').waitFor()
  await composer(bo.page).fill('')
  await ann.page.getByText('bo_ is writing…').waitFor({ state: 'detached' })
})

test('a draft stays with its room and over a reload', async () => {
  await composer(bo.page).fill('to be said later')
  await bo.page.goto('/directory')
  await bo.page.locator('.room-row', { hasText: 'Draft: to be said later' }).click()
  await bo.page.reload()
  await composerHolds(bo.page, 'to be said later')
  await composer(bo.page).fill('')
})

test('what is pinned and what was said can be found again', async () => {
  const first = message(ann.page, 'hello, tea?').first()
  await first.hover()
  await first.getByRole('button', { name: 'Actions' }).click()
  await ann.page.getByRole('menuitem', { name: 'Pin' }).click()
  await bo.page.getByRole('button', { name: 'Pinned messages' }).click()
  await bo.page.locator('.side .found', { hasText: 'hello, tea?' }).waitFor()
  await bo.page.getByRole('button', { name: 'Search', exact: true }).click()
  await bo.page.getByLabel('Search messages').fill('kettle')
  await bo.page.locator('.side .found', { hasText: 'the kettle is on' }).click()
  await bo.page.locator('.message.is-pointed', { hasText: 'the kettle is on' }).waitFor()
})

test('one person writes to another alone, from the list of members', async () => {
  await ann.page.getByRole('button', { name: 'Members' }).click()
  await ann.page.getByRole('button', { name: 'Actions for bo_' }).click()
  await ann.page.getByRole('menuitem', { name: 'Write to bo_' }).click()
  await ann.page.getByRole('heading', { name: 'bo_', level: 1 }).waitFor()
  await say(ann.page, 'just us')
  await bo.page.locator('.room-row', { hasText: 'just us' }).click()
  await hears(bo.page, 'just us')
  expectCalm(ann, bo)
})
