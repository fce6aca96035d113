/** For everybody: by keyboard alone, in Chinese, on a phone, in the dark, by screen reader. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launch } from './support/browser.ts'
import { composer, composerHolds, expectCalm, hears, message, PASSWORD, roomIdOf, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'
import { giveParty, type Party } from './support/tea-party.ts'

setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let party: Party
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), launch()])
  party = await giveParty(server.url)
})
afterAll(async () => {
  for (const tea of Object.values(party?.people ?? {})) tea.stop()
  await browser?.close()
  await server?.stop()
})

/** Everything that axe finds on the page as it is, one line each. */
async function findings(page: Page, where: string): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  )
  return violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(' | ')}`)
}

async function enter(login: string, options: BrowserContextOptions = {}) {
  const person = await sitDown(browser, server.url, login, { reducedMotion: 'reduce', ...options })
  await person.page.goto('/sign-in')
  await person.page.locator('.form input').nth(0).fill(login)
  await person.page.locator('.form input').nth(1).fill(PASSWORD)
  await person.page.locator('.form [type=submit]').click()
  await person.page.locator('.rooms-item').first().waitFor({ state: 'attached' })
  return person
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing in any view, ${colorScheme}`, async () => {
    const found: string[] = []
    const outside = await sitDown(browser, server.url, 'nobody', { colorScheme, reducedMotion: 'reduce' })
    await outside.page.goto('/sign-up')
    await outside.page.locator('.form').waitFor()
    found.push(...(await findings(outside.page, 'sign up')))
    await outside.page.locator('.form [type=submit]').click()
    await outside.page.locator('[aria-invalid]').first().waitFor()
    found.push(...(await findings(outside.page, 'sign up with errors')))
    await outside.context.close()

    const { page, context } = await enter('ann', { colorScheme })
    const look = async (where: string) => found.push(...(await findings(page, where)))
    const closed = async () => {
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
    await look('home')
    await page.goto('/directory')
    await page.locator('.directory-room').first().waitFor()
    await look('directory')
    await page.goto(`/rooms/${party.tearoom}`)
    await message(page, 'Longjing').first().waitFor()
    await look('room')
    await message(page, 'Shopping list').hover()
    await message(page, 'Shopping list').getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menu').waitFor()
    await look('menu of a message')
    await page.keyboard.press('Escape')
    await message(page, 'Shopping list').getByRole('button', { name: 'React', exact: true }).click()
    await page.locator('.picker-grid button').nth(30).waitFor()
    await look('reactions to choose from')
    await closed()
    for (const panel of ['members', 'pins', 'search']) {
      await page.locator(`.panel-${panel}`).click()
      await page.locator('.side').waitFor()
      await look(panel)
    }
    await page.getByLabel('Search messages').fill('three')
    await page.locator('.found').first().waitFor()
    await look('search results')
    await composer(page).fill('')
    await composer(page).pressSequentially('@l')
    await page.locator('.suggestions').waitFor()
    await look('suggestions')
    await page.keyboard.press('Escape')
    await composer(page).fill('')
    await page.getByRole('button', { name: 'Emoji', exact: true }).click()
    await page.locator('.picker-grid button').nth(30).waitFor()
    await look('emoji')
    await page.keyboard.press('Escape')
    for (const [open, wait] of [
      ['Invite people', '.dialog'],
      ['Room settings', '.tabs'],
    ] as const) {
      await page.locator('.room-head').getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: open }).click()
      await page.locator(wait).waitFor()
      await look(open)
      if (open === 'Room settings') {
        await page.getByRole('button', { name: 'Delete room' }).click()
        await page.getByLabel('Type Tea room').waitFor()
        await look('question before a room is deleted')
      }
      await closed()
    }
    await page.locator('.me-button').click()
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    for (const tab of ['Profile', 'Appearance', 'Password', 'Sessions']) {
      await page.getByRole('tab', { name: tab }).click()
      await look(`settings, ${tab}`)
    }
    await closed()
    await page.keyboard.press('Control+k')
    await page.locator('.switcher').waitFor()
    await look('switcher')
    await closed()
    await page.keyboard.press('Control+/')
    await page.locator('.sheet').waitFor()
    await look('shortcuts')
    await context.close()
    expect(found).toEqual([])
  })

test('a phone in Chinese: every word is Chinese, one column at a time, nothing wider than the screen', async () => {
  const person = await enter('lin', {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    locale: 'zh-CN',
    colorScheme: 'dark',
  })
  const { page } = person
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
  expect(await page.locator('.place').isVisible()).toBe(false)
  await page.locator('.room-row', { hasText: '花园闲谈' }).tap()
  await message(page, '院子里的桂花开了').waitFor()
  expect(await page.locator('.rooms').isVisible()).toBe(false)
  expect(await fits()).toBe(true)
  await composer(page).fill('你好，世界')
  await page.getByRole('button', { name: '发送' }).tap()
  await page.locator('.message[data-seq]', { hasText: '你好，世界' }).waitFor()
  await page.getByRole('button', { name: '成员' }).tap()
  await page.locator('.member').first().waitFor()
  expect(await fits()).toBe(true)
  expect(await findings(page, 'phone')).toEqual([])
  await page.goBack() // from what covers the room
  await page.locator('.side').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: '成员' }).tap()
  await page.getByRole('button', { name: '对Bo Li的操作' }).tap()
  await page.getByRole('menuitem', { name: '提到此人' }).tap()
  await page.locator('.side').waitFor({ state: 'detached' })
  await composerHolds(page, '@bo_li ')
  await composer(page).fill('')
  await page.locator('.room-head').getByRole('button', { name: '更多' }).tap()
  await page.getByRole('menuitem', { name: '置顶消息' }).tap()
  await page.locator('.side', { hasText: '置顶消息' }).waitFor()
  await page.getByRole('button', { name: '关闭' }).tap()
  await page.waitForFunction(() => history.state === null) // its step is gone with it
  await page.goBack()
  await page.locator('.room-row', { hasText: '你：你好，世界' }).waitFor()
  // what stands on the page in Latin letters are names, times and keys, not forgotten sentences
  await page.locator('.me-button').tap()
  await page.locator('.me .menu-item').first().waitFor()
  const words = await page.locator('.me .menu-item').allInnerTexts()
  expect(words.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([])
  await page.keyboard.press('Escape')
  expectCalm(person)
  await person.context.close()
})

test('a long touch opens what can be done with a message', async () => {
  const { page, context } = await enter('bo_li', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await page.locator('.room-row', { hasText: 'Tea room' }).tap()
  await message(page, 'Same time tomorrow?').waitFor()
  await message(page, 'Same time tomorrow?').locator('.text').tap({ trial: true }) // it lies still
  const box = await message(page, 'Same time tomorrow?').locator('.text').boundingBox()
  if (!box) throw new Error('not drawn')
  const touch = await context.newCDPSession(page)
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: box.x + 20, y: box.y + 8 }] })
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor()
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await page.getByRole('menuitem', { name: 'Reply' }).tap()
  await page.getByText('Replying to Ann').waitFor()
  await context.close()
})

test('everything of a conversation can be done by keyboard alone', async () => {
  const person = await enter('ann')
  const { page } = person
  const { keyboard } = page
  await keyboard.press('Control+k')
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === 'Where to?')
  await keyboard.type('tea r')
  await page.locator('[role=option][aria-selected=true]', { hasText: 'Tea room' }).waitFor()
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Tea room', level: 1 }).waitFor()
  expect(roomIdOf(page)).toBe(party.tearoom)
  await page.waitForFunction(() => document.activeElement?.id === 'composer')
  await keyboard.type('typed without a mouse')
  await keyboard.press('Enter')
  await page.locator('.message[data-seq]', { hasText: 'typed without a mouse' }).waitFor()
  // to the messages, up, and answer one
  await keyboard.press('Shift+ArrowUp')
  await page.waitForFunction(() => document.activeElement?.textContent?.includes('typed without a mouse'))
  await keyboard.press('ArrowUp')
  await page.waitForFunction(() => document.activeElement?.textContent?.includes('Same time tomorrow?'))
  await keyboard.press('r')
  await page.getByText('Replying to Ann Fairweather').waitFor()
  await page.waitForFunction(() => document.activeElement?.id === 'composer')
  await keyboard.type('yes')
  await keyboard.press('Enter')
  await page.locator('.message[data-seq] .quote', { hasText: 'Same time tomorrow?' }).waitFor()
  // react with the picker
  await page.waitForFunction(() => document.activeElement?.id === 'composer')
  await keyboard.press('Shift+ArrowUp')
  await page.waitForFunction(() => document.activeElement?.closest('.message')?.querySelector('.quote'))
  await keyboard.press('a')
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search emoji')
  await keyboard.type('teapot')
  await page.locator('.picker-grid button:first-child', { hasText: '🫖' }).waitFor()
  await keyboard.press('Enter')
  await page.getByRole('button', { name: '🫖, 1 person' }).waitFor()
  // edit, then delete after a question
  await composer(page).focus()
  await keyboard.press('ArrowUp')
  await page.getByText('Editing your message').waitFor()
  await page.waitForFunction(() => (document.activeElement as HTMLTextAreaElement | null)?.value === 'yes')
  await keyboard.press('End')
  await keyboard.type(', gladly')
  await keyboard.press('Enter')
  await hears(page, 'yes, gladly')
  await keyboard.press('Shift+ArrowUp')
  await page.waitForFunction(() => document.activeElement?.textContent?.includes('yes, gladly'))
  await keyboard.press('Delete')
  await page.getByRole('dialog', { name: 'Delete this message?' }).waitFor()
  await keyboard.press('Enter')
  await page.getByText('This message was deleted.').last().waitFor()
  // panels, the sheet, the next room
  await keyboard.press('Control+Shift+M')
  await page.locator('.side', { hasText: 'Members' }).waitFor()
  await page.waitForFunction(() => document.activeElement?.closest('.side'))
  await keyboard.press('Escape')
  await page.locator('.side').waitFor({ state: 'detached' })
  await keyboard.press('Control+/')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await keyboard.press('Alt+ArrowDown')
  await page.waitForFunction((id) => !location.pathname.includes(id), party.tearoom)
  expectCalm(person)
  await person.context.close()
})

test('signing up by keyboard alone ends in a first message', async () => {
  const person = await sitDown(browser, server.url, 'keys_only')
  const { page } = person
  await page.goto('/')
  await page.waitForFunction(() => document.activeElement?.getAttribute('autocomplete') === 'username')
  await page.keyboard.type('keys_only')
  await page.keyboard.press('Tab')
  await page.keyboard.type('keys@example.org')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === 'Afternoon tea')
  await page.keyboard.type('Keyboard club')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.id === 'composer')
  await page.keyboard.type('first words')
  await page.keyboard.press('Enter')
  await page.locator('.message[data-seq]', { hasText: 'first words' }).waitFor()
  expectCalm(person)
  await person.context.close()
})

const PAPER = 'rgb(250, 248, 243)'

test('theme and language are chosen in the settings and stay', async () => {
  const { page, context } = await enter('omar')
  await page.locator('.me-button').click()
  await page.getByRole('menuitem', { name: 'Settings' }).click()
  await page.getByRole('tab', { name: 'Appearance' }).click()
  await page.getByText('Dark', { exact: true }).click()
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  await page.waitForFunction((light) => getComputedStyle(document.documentElement).backgroundColor !== light, PAPER)
  const dark = await paper()
  await page.getByText('简体中文').click()
  await page.getByRole('tab', { name: '外观' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: '聊天室' }).waitFor()
  expect(await paper()).toBe(dark)
  await context.close()
})
