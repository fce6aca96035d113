/** Honest about the network: offline, killed servers, reloads and old tokens; nothing is lost and nothing doubles. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { createTokens } from '../packages/server/src/infrastructure/security/tokens.ts'
import { launch } from './support/browser.ts'
import {
  anotherTab,
  behindTheScenes,
  composer,
  expectCalm,
  hears,
  joinPublic,
  makeRoom,
  message,
  type Person,
  say,
  signUp,
  signIn,
  sitDown,
} from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

/** More events than a resume replays. */
const MISSED = 700
const SECRET = 'a secret that only this test knows, long enough'
setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let ann: Person
let bo: Person
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ SECRET, LIMIT_MESSAGES_PER_SECOND: '0' }), launch()])
  ann = await sitDown(browser, server.url, 'ann')
  bo = await sitDown(browser, server.url, 'bo_')
  await Promise.all([signUp(ann), signUp(bo)])
  await makeRoom(ann, 'Weather')
  await joinPublic(bo, 'Weather')
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** Committed and confirmed, as the sender sees it. */
const confirmed = (person: Person, text: string) => person.page.locator('.message[data-seq]', { hasText: text })

test('what is written offline waits, says so, and is sent once when the network is back', async () => {
  await ann.context.setOffline(true)
  await ann.page.locator('.banner', { hasText: "You're offline" }).waitFor()
  await say(ann.page, 'written in a tunnel')
  await ann.page.locator('.message.is-pending', { hasText: 'written in a tunnel' }).getByText('Waiting to be sent').waitFor()
  expect(await message(bo.page, 'written in a tunnel').count()).toBe(0)
  await say(bo.page, 'meanwhile, above')
  await ann.context.setOffline(false)
  await confirmed(ann, 'written in a tunnel').waitFor()
  await hears(ann.page, 'meanwhile, above')
  await hears(bo.page, 'written in a tunnel')
  await ann.page.locator('.banner').waitFor({ state: 'detached' })
  expect(await message(ann.page, 'written in a tunnel').count()).toBe(1)
  expect(await message(bo.page, 'written in a tunnel').count()).toBe(1)
})

test('an unsent message survives a reload without a network, from the kept shell, and is sent once', async () => {
  await ann.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await ann.page.reload() // from now on the worker answers for the page
  await confirmed(ann, 'written in a tunnel').waitFor()
  await ann.context.setOffline(true)
  await say(ann.page, 'kept over a reload')
  await ann.page.locator('.message.is-pending', { hasText: 'kept over a reload' }).waitFor()
  await ann.page.reload()
  await ann.page.getByText('Your rooms appear when you are back.').waitFor()
  await ann.page.locator('.waiting', { hasText: 'kept over a reload' }).waitFor()
  await ann.page.locator('.me', { hasText: 'Offline' }).waitFor()
  await ann.context.setOffline(false)
  await confirmed(ann, 'kept over a reload').waitFor()
  await hears(bo.page, 'kept over a reload')
  expect(await message(bo.page, 'kept over a reload').count()).toBe(1)
})

test('the server is killed while people type, comes back, and everything said is there once and in order', async () => {
  await Promise.all([say(ann.page, 'before the crash'), composer(bo.page).pressSequentially('half a sent')])
  await hears(bo.page, 'before the crash')
  await server.kill()
  await ann.page.locator('.banner').waitFor()
  await say(ann.page, 'said to nobody 1')
  await say(ann.page, 'said to nobody 2')
  await composer(bo.page).pressSequentially('ence')
  await server.start()
  await confirmed(ann, 'said to nobody 2').waitFor()
  await hears(bo.page, 'said to nobody 2')
  expect(await composer(bo.page).inputValue()).toBe('half a sentence')
  await composer(bo.page).press('Enter')
  await hears(ann.page, 'half a sentence')
  const order = (texts: string[]) => texts.filter((text) => /said to nobody|half a sentence|before the crash/.test(text))
  const said = ['before the crash', 'said to nobody 1', 'said to nobody 2', 'half a sentence']
  for (const { page } of [ann, bo]) expect(order(await page.locator('.message .text').allInnerTexts())).toEqual(said)
  await ann.page.locator('.banner').waitFor({ state: 'detached' })
})

test('whoever slept through more than can be told again finds the room as it is now, in place', async () => {
  const writer = await behindTheScenes(server.url, 'writer')
  const { items } = await writer.api.list_directory({ q: 'Weather' })
  const roomId = items[0]?.id ?? ''
  await writer.api.join_room({ room_id: roomId })
  await ann.context.setOffline(true)
  await ann.page.locator('.banner').waitFor()
  const line = (n: number) =>
    writer.command('send_message', { room_id: roomId, content: `slept through ${n}`, client_id: crypto.randomUUID() })
  for (let n = 1; n <= MISSED; n += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => line(n + i)))
  await ann.context.setOffline(false)
  await ann.page.locator('.message', { hasText: /slept through 1$/ }).waitFor()
  await ann.page.locator('.banner').waitFor({ state: 'detached' })
  await ann.page.locator('.unread-line').waitFor() // from here on it was missed
  expect(await ann.page.locator('.unread-line').count()).toBe(1)
  await ann.page.locator('.to-end').click()
  await hears(ann.page, `slept through ${MISSED}`)
  await ann.page.waitForFunction(() => document.querySelectorAll('.message').length > 10)
  const lines = await ann.page.locator('.message .text').allInnerTexts()
  const numbers = lines.map((text) => Number(/slept through (\d+)/.exec(text)?.[1])).filter((n) => n > 0)
  expect(numbers.length).toBeGreaterThan(10)
  expect(numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1)).toBe(true)
  await writer.command('send_message', { room_id: roomId, content: 'half a sentence', client_id: crypto.randomUUID() })
  await hears(ann.page, 'half a sentence')
  writer.stop()
})

test('whoever chose to be invisible stays so over a reload and in every tab', async () => {
  const chosen = async (page: Page) => (await page.locator('.me .me-text small').innerText()) === 'Invisible'
  const here = () => bo.page.locator('.side section', { hasText: 'Online' }).locator('.member', { hasText: 'ann' })
  await bo.page.getByRole('button', { name: 'Members' }).click()
  await here().waitFor()
  await ann.page.locator('.me-button').click()
  await ann.page.getByRole('menuitemradio', { name: 'Invisible' }).click()
  await here().waitFor({ state: 'detached' })
  await ann.page.reload()
  await hears(ann.page, 'half a sentence')
  const second = await anotherTab(ann, new URL(ann.page.url()).pathname)
  await hears(second, 'half a sentence')
  expect(await Promise.all([ann.page, second].map(chosen))).toEqual([true, true])
  await say(second, 'nobody sees me')
  await hears(bo.page, 'nobody sees me')
  expect(await here().count()).toBe(0)
  await second.locator('.me-button').click()
  await second.getByRole('menuitemradio', { name: 'Online' }).click()
  await here().waitFor()
  await ann.page.locator('.me', { hasText: 'Online' }).waitFor()
  await second.close()
  await bo.page.getByRole('button', { name: 'Close' }).click()
})

test('an access token that has expired is renewed without anybody noticing', async () => {
  const tokens = await createTokens(SECRET)
  const session = await ann.page.evaluate(
    () => JSON.parse(localStorage.getItem('teahouse:session') ?? '{}') as { access_token: string; user: { id: string } },
  )
  const { sid } = JSON.parse(atob(session.access_token.split('.')[1] ?? '')) as { sid: string }
  const old = await tokens.access(session.user.id, sid, new Date(Date.now() - 7_200_000))
  await ann.page.evaluate((access_token) => {
    const kept = JSON.parse(localStorage.getItem('teahouse:session') ?? '{}') as object
    localStorage.setItem('teahouse:session', JSON.stringify({ ...kept, access_token }))
  }, old)
  await ann.page.reload()
  await hears(ann.page, 'half a sentence')
  await say(ann.page, 'still here')
  await hears(bo.page, 'still here')
  const now = await ann.page.evaluate(() => localStorage.getItem('teahouse:session'))
  expect(now).not.toContain(old)
})

test('two tabs share one session: both go on after a renewal, and signing out in one closes the other', async () => {
  const second = await anotherTab(ann, new URL(ann.page.url()).pathname)
  await hears(second, 'still here')
  await say(second, 'from the second tab')
  await hears(ann.page, 'from the second tab')
  await second.locator('.me-button').click()
  await second.getByRole('menuitem', { name: 'Sign out' }).click()
  await second.getByRole('button', { name: 'Sign in' }).first().waitFor()
  await ann.page.getByLabel('Username or e-mail').waitFor()
  await second.close()
  expectCalm(ann, bo)
})

test('a session that is ended from another device says so at the door', async () => {
  const elsewhere = await sitDown(browser, server.url, 'bo_')
  await signIn(elsewhere)
  await elsewhere.page.locator('.me-button').click()
  await elsewhere.page.getByRole('menuitem', { name: 'Settings' }).click()
  await elsewhere.page.getByRole('tab', { name: 'Sessions' }).click()
  await elsewhere.page.getByRole('button', { name: 'End' }).first().click()
  await bo.page.getByText('This session was ended from another device').waitFor()
  await elsewhere.context.close()
})
