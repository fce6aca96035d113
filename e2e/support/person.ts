/** A person at a browser: a context of its own, a page, and the few things everybody does. */
import { expect } from 'bun:test'
import { createTeahouse, memoryStorage, type Teahouse } from '@teahouse/sdk'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

export const PASSWORD = 'a quiet afternoon'

export type Person = { name: string; page: Page; context: BrowserContext; errors: string[] }

/** A client that lost its server may wait for half a minute before it tries again. */
const WAIT_MS = 45_000

/** Opens a browser for somebody. Whatever the page complains about is kept and can be asserted to be nothing. */
export async function sitDown(browser: Browser, url: string, name: string, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const person = { name, page, context, errors: [] as string[] }
  listen(person, page)
  return person
}

/** One more tab of the same person. */
export async function anotherTab(person: Person, path = '/'): Promise<Page> {
  const page = await person.context.newPage()
  listen(person, page)
  await page.goto(path)
  return page
}

function listen({ name, errors }: Person, page: Page): void {
  page.setDefaultTimeout(WAIT_MS)
  page.on('pageerror', (error) => errors.push(`${name}: ${error.message}`))
  page.on('console', (message) => {
    // a refused or unreachable request is the network's news, not a fault of the page
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      errors.push(`${name}: ${message.text()}`)
  })
}

export async function signUp({ page, name }: Person, path = '/'): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Username', { exact: true }).fill(name)
  await page.getByLabel('E-mail', { exact: true }).fill(`${name}@example.org`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.locator('.shell, .page-centre').first().waitFor()
}

/** Through the form, as somebody who has an account. */
export async function signIn({ page, name }: Person): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('Username or e-mail').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function makeRoom({ page }: Person, roomName: string): Promise<string> {
  const first = page.getByLabel('Name of your room')
  await page.locator('.first-room, .rooms-item').first().waitFor()
  if (await first.isVisible()) {
    await first.fill(roomName)
  } else {
    await page.getByRole('button', { name: 'New room', exact: true }).first().click()
    await page.getByRole('menuitem', { name: 'New room' }).click()
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(roomName)
  }
  await page.getByRole('button', { name: 'Make room' }).last().click()
  await page.getByRole('heading', { name: roomName, level: 1 }).waitFor()
  return roomIdOf(page)
}

export const roomIdOf = (page: Page): string => /\/rooms\/([^/]+)/.exec(page.url())?.[1] ?? ''

export async function joinPublic({ page }: Person, roomName: string): Promise<void> {
  await page.goto('/directory')
  await page.getByRole('button', { name: `Join: ${roomName}` }).click()
  await page.getByRole('heading', { name: roomName, level: 1 }).waitFor()
}

export const composer = (page: Page) => page.locator('#composer')

export async function composerHolds(page: Page, text: string): Promise<void> {
  await page.waitForFunction((expected) => document.querySelector<HTMLTextAreaElement>('#composer')?.value === expected, text)
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

export const message = (page: Page, text: string) => page.locator('.message', { hasText: text })

export async function hears(page: Page, text: string): Promise<void> {
  await message(page, text).first().waitFor()
}

export function expectCalm(...people: Person[]): void {
  expect(people.flatMap(({ errors }) => errors)).toEqual([])
}

/** The same kind of person without a browser, for what would take too long by hand. */
export async function behindTheScenes(url: string, name: string, register = true): Promise<Teahouse> {
  const tea = createTeahouse({ url, ports: { storage: memoryStorage() } })
  if (register) await tea.register({ username: name, email: `${name}@example.org`, password: PASSWORD })
  else await tea.login({ login: name, password: PASSWORD })
  await tea.start()
  return tea
}
