/** Rooms and who is in them: invitations, removal while one looks, mutes, slow mode, passwords, the end of a room. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launch } from './support/browser.ts'
import {
  composer,
  expectCalm,
  hears,
  joinPublic,
  makeRoom,
  type Person,
  PASSWORD,
  roomIdOf,
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
let roomId = ''
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), launch()])
  ann = await sitDown(browser, server.url, 'ann', { permissions: ['clipboard-read', 'clipboard-write'] })
  bo = await sitDown(browser, server.url, 'bo_')
  await Promise.all([signUp(ann), signUp(bo)])
  roomId = await makeRoom(ann, 'Front room')
  await joinPublic(bo, 'Front room')
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

const actOn = async (name: string, act: string) => {
  if (!(await ann.page.locator('.side').isVisible())) await ann.page.getByRole('button', { name: 'Members' }).click()
  await ann.page.getByRole('button', { name: `Actions for ${name}` }).click()
  await ann.page.getByRole('menuitem', { name: act }).click()
}
const roomMenu = async (person: Person, act: string) => {
  await person.page.locator('.room-head').getByRole('button', { name: 'More' }).click()
  await person.page.getByRole('menuitem', { name: act }).click()
}

test("an invitation's link shows the room before sign-up, and leads straight into it after", async () => {
  await roomMenu(ann, 'Invite people')
  await ann.page.getByRole('button', { name: 'Make a link' }).click()
  const link = await ann.page.getByLabel('Invitation link').inputValue()
  await ann.page.keyboard.press('Escape')
  const cy = await sitDown(browser, server.url, 'cy_')
  await cy.page.goto(link)
  await cy.page.getByRole('heading', { name: 'Front room' }).waitFor()
  await cy.page.getByText('2 people are there').waitFor()
  await signUp(cy, link)
  await composer(cy.page).waitFor()
  expect(roomIdOf(cy.page)).toBe(roomId)
  await say(cy.page, 'found you')
  await hears(ann.page, 'found you')
  expectCalm(cy)
  await cy.context.close()
})

test('a server that takes no new accounts says so at the door', async () => {
  const closed = await startServer({ REGISTRATION: 'closed' })
  const late = await sitDown(browser, closed.url, 'too_late')
  await late.page.goto('/sign-up')
  await late.page.getByLabel('Username', { exact: true }).fill('too_late')
  await late.page.getByLabel('E-mail', { exact: true }).fill('late@example.org')
  await late.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await late.page.getByRole('button', { name: 'Create account' }).click()
  await late.page.getByText('This server takes no new accounts.').waitFor()
  await late.context.close()
  await closed.stop()
})

test('a withdrawn invitation says so', async () => {
  const stranger = await sitDown(browser, server.url, 'stranger')
  await stranger.page.goto('/invite/never-was-one')
  await stranger.page.getByText('There is no such invitation').waitFor()
  await stranger.context.close()
})

test('a muted member reads on but finds no field to write in, until the mute is lifted', async () => {
  await actOn('bo_', 'Mute…')
  await ann.page.getByRole('button', { name: 'Mute', exact: true }).click()
  await bo.page.getByText('You are muted in this room for').waitFor()
  await say(ann.page, 'shh')
  await hears(bo.page, 'shh')
  await actOn('bo_', 'Let speak again')
  await composer(bo.page).waitFor()
})

test('in slow mode a second message waits and is sent by itself', async () => {
  await roomMenu(ann, 'Room settings')
  await ann.page.getByLabel('Slow mode').selectOption('5')
  await ann.page.getByRole('button', { name: 'Save' }).click()
  await bo.page.getByText('Slow mode: one message every 5 seconds').waitFor()
  await ann.page.keyboard.press('Escape')
  await say(bo.page, 'first of two')
  await say(bo.page, 'second of two')
  await bo.page
    .locator('.message.is-pending', { hasText: 'second of two' })
    .getByText(/Sending again in \d s/)
    .waitFor()
  await hears(ann.page, 'second of two')
})

test('roles change what one may do, at once', async () => {
  await bo.page.locator('.room-head').getByRole('button', { name: 'More' }).click()
  await bo.page.getByRole('menuitem', { name: 'Copy link' }).waitFor()
  expect(await bo.page.getByRole('menuitem', { name: 'Room settings' }).count()).toBe(0)
  await bo.page.keyboard.press('Escape')
  await actOn('bo_', 'Make admin')
  await ann.page.locator('.member', { hasText: 'bo_' }).locator('.member-role').waitFor()
  await bo.page.locator('.room-head').getByRole('button', { name: 'More' }).click()
  await bo.page.getByRole('menuitem', { name: 'Room settings' }).waitFor()
  await bo.page.keyboard.press('Escape')
})

test('whoever is removed while looking at the room is told, and hears nothing more', async () => {
  await composer(bo.page).fill('I was just about to')
  await actOn('bo_', 'Remove from room')
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await bo.page.getByText('You were removed from Front room.').waitFor()
  await say(ann.page, 'peace at last')
  await hears(ann.page, 'peace at last')
  expect(await bo.page.getByText('peace at last').count()).toBe(0)
  expect(await bo.page.locator('.room-row', { hasText: 'Front room' }).count()).toBe(0)
})

test('a link to a public room shows it with a way in', async () => {
  await bo.page.goto(`/rooms/${roomId}`)
  await bo.page.getByRole('button', { name: 'Join' }).click()
  await composer(bo.page).waitFor()
  await hears(bo.page, 'peace at last')
})

test('a banned person is told why the door stays shut', async () => {
  await actOn('bo_', 'Ban…')
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Ban', exact: true }).click()
  await bo.page.getByText('You were banned from Front room.').waitFor()
  await bo.page.goto(`/rooms/${roomId}`)
  await bo.page.getByRole('button', { name: 'Join' }).click()
  await bo.page.getByText('You are banned from this room.').waitFor()
})

test('a private room opens to whoever knows its address and password', async () => {
  await ann.page.goto('/')
  await ann.page.getByRole('button', { name: 'New room', exact: true }).click()
  await ann.page.getByRole('menuitem', { name: 'New room' }).click()
  const dialog = ann.page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Back room')
  await dialog.getByText('People you invite').click()
  await dialog.getByLabel('Password (optional)').fill('open sesame')
  await dialog.getByRole('button', { name: 'Make room' }).click()
  await ann.page.getByRole('heading', { name: 'Back room', level: 1 }).waitFor()
  const backRoom = roomIdOf(ann.page)
  await bo.page.goto(`/rooms/${backRoom}`)
  await bo.page.getByLabel('Room password').fill('wrong')
  await bo.page.getByRole('button', { name: 'Join' }).click()
  await bo.page.getByText('This is not the password of the room.').waitFor()
  await bo.page.getByLabel('Room password').fill('open sesame')
  await bo.page.getByRole('button', { name: 'Join' }).click()
  await composer(bo.page).waitFor()
})

test('a room is deleted only after its name is typed, and whoever sits in it is told', async () => {
  await roomMenu(ann, 'Room settings')
  await ann.page.getByRole('button', { name: 'Delete room' }).click()
  const dialog = ann.page.getByRole('dialog')
  const button = dialog.getByRole('button', { name: 'Delete room' })
  expect(await button.isDisabled()).toBe(true)
  await dialog.getByLabel('Type Back room').fill('Back room')
  await button.click()
  await bo.page.getByText('Back room was deleted.').waitFor()
  await ann.page.waitForURL(`${server.url}/`)
})

test('name, status, password and account can be changed and left', async () => {
  await ann.page.locator('.me-button').click()
  await ann.page.getByRole('menuitem', { name: 'Settings' }).click()
  await ann.page.getByLabel('Name', { exact: true }).fill('Ann of the Teas')
  await ann.page.getByLabel('Status', { exact: true }).fill('brewing')
  await ann.page.getByRole('button', { name: 'Save' }).click()
  await ann.page.locator('.me-button', { hasText: 'Ann of the Teas' }).getByText('brewing').waitFor()
  await ann.page.getByRole('tab', { name: 'Password' }).click()
  await ann.page.getByLabel('Current password').first().fill(PASSWORD)
  await ann.page.getByLabel('New password').fill('another quiet afternoon')
  await ann.page.getByRole('button', { name: 'Change password' }).click()
  await ann.page.getByText('Password changed').waitFor()
  await ann.page.getByText('Delete account').click()
  await ann.page.getByLabel('Current password').last().fill('another quiet afternoon')
  await ann.page.getByRole('button', { name: 'Delete my account' }).click()
  await ann.page.getByRole('button', { name: 'Sign in' }).first().waitFor()
  expectCalm(ann, bo)
})
