/** The first minute: two strangers sign up, make and find a room, and talk. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launch } from './support/browser.ts'
import { composer, expectCalm, hears, joinPublic, makeRoom, message, say, signUp, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'

let server: Server
let browser: Browser
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer(), launch()])
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

test('two people sign up, make a room, find it, and talk both ways', async () => {
  const ann = await sitDown(browser, server.url, 'ann')
  const bo = await sitDown(browser, server.url, 'bo_')
  await Promise.all([signUp(ann), signUp(bo)])
  await makeRoom(ann, 'Afternoon tea')
  await joinPublic(bo, 'Afternoon tea')
  await say(ann.page, 'hello, tea?')
  await hears(bo.page, 'hello, tea?')
  await say(bo.page, 'with pleasure')
  await hears(ann.page, 'with pleasure')
  expect(await message(ann.page, 'hello, tea?').count()).toBe(1)
  expect(await composer(ann.page).inputValue()).toBe('')
  expectCalm(ann, bo)
})
