/**
 * Pictures of every main view, from a real server with a lived-in house:
 *   bun scripts/screenshots.ts            all of them, into artifacts/ (for looking at)
 *   bun scripts/screenshots.ts --readme   the two of the README, into docs/images/
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launch } from '../e2e/support/browser.ts'
import { PASSWORD } from '../e2e/support/person.ts'
import { startServer } from '../e2e/support/server.ts'
import { giveParty, type Party } from '../e2e/support/tea-party.ts'

const readme = process.argv.includes('--readme')
const folder = resolve(import.meta.dir, '..', readme ? 'docs/images' : 'artifacts')
mkdirSync(folder, { recursive: true })

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
type Look = { name: string; options: BrowserContextOptions }
const looks: Look[] = [
  { name: 'desktop-light-en', options: { viewport: DESKTOP, colorScheme: 'light', locale: 'en-GB' } },
  { name: 'desktop-dark-en', options: { viewport: DESKTOP, colorScheme: 'dark', locale: 'en-GB' } },
  { name: 'desktop-light-zh', options: { viewport: DESKTOP, colorScheme: 'light', locale: 'zh-CN' } },
  { name: 'phone-light-en', options: { viewport: PHONE, colorScheme: 'light', locale: 'en-GB', hasTouch: true, isMobile: true } },
  { name: 'phone-dark-zh', options: { viewport: PHONE, colorScheme: 'dark', locale: 'zh-CN', hasTouch: true, isMobile: true } },
]

const server = await startServer()
const browser = await launch()
try {
  const party = await giveParty(server.url)
  if (readme) await forReadme(browser, party)
  else for (const look of looks) await takeAll(browser, look, party)
  for (const tea of Object.values(party.people)) tea.stop()
} finally {
  await browser.close()
  await server.stop()
}

async function enter(look: BrowserContextOptions, login: string, path: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce', ...look })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => console.error(error.message))
  await page.goto('/sign-in')
  const fields = page.locator('.form input')
  await fields.nth(0).fill(login)
  await fields.nth(1).fill(PASSWORD)
  await page.locator('.form [type=submit]').click()
  await page.locator('.rooms-item').first().waitFor({ state: 'attached' })
  if (path !== '/') {
    await page.goto(path)
    await page.locator('.shell').waitFor()
  }
  return page
}

async function settled(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(250) // a picture wants what fades in to have faded in
}

async function forReadme(_: Browser, party: Party): Promise<void> {
  const light = await enter(
    { viewport: { width: 1120, height: 700 }, colorScheme: 'light', locale: 'en-GB' },
    'bo_li',
    `/rooms/${party.tearoom}`,
  )
  await light.getByText('Same time tomorrow?').first().waitFor()
  await settled(light)
  await light.screenshot({ path: join(folder, 'room-light.png') })
  const dark = await enter(
    { viewport: PHONE, colorScheme: 'dark', locale: 'zh-CN', hasTouch: true, isMobile: true },
    'lin',
    `/rooms/${party.garden}`,
  )
  await dark.locator('.message', { hasText: '人来就好' }).waitFor()
  await settled(dark)
  await dark.screenshot({ path: join(folder, 'phone-dark-zh.png') })
}

async function takeAll(_: Browser, { name, options }: Look, party: Party): Promise<void> {
  const phone = name.startsWith('phone')
  const shot = async (page: Page, view: string) => {
    await settled(page)
    await page.screenshot({ path: join(folder, `${name}-${view}.png`) })
    console.log(`${name}-${view}`)
  }
  const outside = await (await browser.newContext({ baseURL: server.url, ...options })).newPage()
  outside.setDefaultTimeout(10_000)
  await outside.goto('/')
  await outside.locator('.form').waitFor()
  await shot(outside, 'sign-up')
  const invite = await party.people.ann.api.create_invite({ room_id: party.tearoom })
  await outside.goto(`/invite/${invite.code}`)
  await outside.getByRole('heading', { name: 'Tea room' }).waitFor()
  await shot(outside, 'invite')
  await outside.locator('.form [type=submit]').click()
  await outside.locator('[aria-invalid]').first().waitFor()
  await shot(outside, 'sign-up-errors')
  await outside.goto('/sign-up')
  await outside.locator('.form input').nth(0).fill(`new-${name}`)
  await outside.locator('.form input').nth(1).fill(`new-${name}@example.org`)
  await outside.locator('.form input').nth(2).fill(PASSWORD)
  await outside.locator('.form [type=submit]').click()
  await outside.locator('.first-room').waitFor()
  await shot(outside, 'first-steps')
  await outside.context().close()

  const page = await enter(options, 'ann', '/')
  await shot(page, 'home')
  await page.goto(`/rooms/${party.tearoom}`)
  await page.getByText('Longjing').first().waitFor()
  await shot(page, 'room')
  if (!phone) {
    await page.locator('.message', { hasText: 'Shopping list' }).hover()
    await page.locator('.message-tools button').last().click()
    await shot(page, 'message-menu')
    await page.keyboard.press('Escape')
  }
  await page.locator('.panel-members').click()
  await page.locator('.member').first().waitFor()
  await shot(page, 'members')
  await page.locator('.member .icon-button').last().click()
  await shot(page, 'member-menu')
  await page.keyboard.press('Escape')
  await page.locator('.side-head button').click()
  await page.locator('.panel-search').click()
  await page.locator('.side input').fill('three')
  await page.locator('.found').first().waitFor()
  await shot(page, 'search')
  await page.locator('.side-head button').click()
  if (!phone) {
    await page.locator('.panel-pins').click()
    await page.locator('.found').first().waitFor()
    await shot(page, 'pins')
    await page.locator('.side-head button').click()
  }
  await page.locator('#composer').fill('See you @')
  await page.locator('#composer').press('End')
  await page.locator('#composer').pressSequentially('l')
  await page.locator('.suggestions').waitFor()
  await shot(page, 'mention')
  await page.keyboard.press('Escape')
  await page.locator('#composer').fill('')
  await page.locator('.composer-box .icon-button').first().click()
  await page.locator('.picker-grid button').nth(40).waitFor()
  await shot(page, 'emoji')
  await page.keyboard.press('Escape')
  const more = page.locator('.room-head .icon-button').last()
  await more.click()
  await shot(page, 'room-menu')
  await page.locator('.menu-item').first().click()
  await page.locator('.dialog').waitFor()
  await shot(page, 'invite-people')
  await page.keyboard.press('Escape')
  await more.click()
  await page.locator('.menu-item').nth(3).click()
  await page.locator('.tabs').waitFor()
  await shot(page, 'room-settings')
  await page.keyboard.press('Escape')
  await page.goto('/directory')
  await page.locator('.directory-room').first().waitFor()
  await shot(page, 'directory')
  await page.goto('/')
  await page.locator('.rooms-item').first().waitFor()
  await page.keyboard.press('Control+k')
  await page.locator('.switcher').waitFor()
  await shot(page, 'switcher')
  await page.keyboard.press('Escape')
  await page.locator('.me-button').click()
  await shot(page, 'me-menu')
  await page.locator('.menu-item').nth(4).click()
  await page.locator('.tabs').waitFor()
  await shot(page, 'settings')
  await page.locator('[role=tab]').nth(1).click()
  await shot(page, 'settings-appearance')
  await page.locator('[role=tab]').nth(3).click()
  await page.locator('.plain-list li').first().waitFor()
  await shot(page, 'settings-sessions')
  await page.keyboard.press('Escape')
  await page.locator('.me-button').click()
  await page.locator('.menu-item').nth(5).click()
  await page.locator('.sheet').waitFor()
  await shot(page, 'shortcuts')
  await page.keyboard.press('Escape')
  await page.locator('.rooms-head .icon-button').last().click()
  await page.locator('.menu-item').first().click()
  await page.locator('.dialog').waitFor()
  await shot(page, 'new-room')
  await page.keyboard.press('Escape')
  await page.goto(`/rooms/${party.garden}`)
  await page.getByText('人来就好').last().waitFor()
  await page.context().setOffline(true)
  await page.locator('#composer').fill('写在离线的时候')
  await page.locator('#composer').press('Enter')
  await page.evaluate(() => document.querySelector<HTMLElement>('.composer-send')?.click())
  await page.locator('.banner').waitFor()
  await page.waitForTimeout(900) // until the state of the message is told
  await shot(page, 'offline')
  await page.context().setOffline(false)
  await page.goto('/rooms/01890000-0000-7000-8000-000000000000')
  await page.locator('.card-centre').waitFor()
  await shot(page, 'no-such-room')
  await page.context().close()
}
