/**
 * Measures the web client in a real Chromium: what the first visit loads, how soon it paints, how fast rooms change, how smoothly a
 * long room scrolls: `bun bench/web.ts [--messages 10000] [--runs 7]`. A table goes to the terminal, figures to artifacts/bench/web.json.
 */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launch } from '../e2e/support/browser.ts'
import { behindTheScenes, PASSWORD } from '../e2e/support/person.ts'
import { startServer } from '../e2e/support/server.ts'

const { values } = parseArgs({ options: { messages: { type: 'string', default: '10000' }, runs: { type: 'string', default: '7' } } })
const messages = Number(values.messages)
const runs = Number(values.runs)
const ROOMS = 8
const AT_ONCE = 200

type Figure = { what: string; value: number; unit: string; goal?: string }
const figures: Figure[] = []
const note = (what: string, value: number, unit: string, goal?: string) => {
  figures.push({ what, value: Math.round(value * 10) / 10, unit, ...(goal && { goal }) })
  console.error(`${what}: ${Math.round(value * 10) / 10} ${unit}`)
}
const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b)
const quantile = (numbers: number[], q: number) =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))] ?? Number.NaN

const server = await startServer({ LIMIT_MESSAGES_PER_SECOND: '0' })
const browser = await launch()

async function fill(): Promise<{ longRoom: string; rooms: string[] }> {
  const writer = await behindTheScenes(server.url, 'writer')
  const reader = await behindTheScenes(server.url, 'reader')
  const make = async (name: string, count: number) => {
    const { id } = await writer.api.create_room({ name })
    await reader.api.join_room({ room_id: id })
    let last = 0
    for (let n = 0; n < count; n += AT_ONCE) {
      const sent = Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) =>
        writer.command('send_message', {
          room_id: id,
          content: `line ${n + i} ${'and on it goes '.repeat((n + i) % 17)}`,
          client_id: crypto.randomUUID(),
        }),
      )
      last = (await Promise.all(sent)).at(-1)?.seq ?? last
    }
    await reader.api.mark_read({ room_id: id, seq: last })
    return id
  }
  const longRoom = await make('Long room', messages)
  const rooms: string[] = []
  for (let i = 0; i < ROOMS; i++) rooms.push(await make(`Room ${i}`, 200))
  writer.stop()
  reader.stop()
  return { longRoom, rooms }
}

/** Paint and transfer of a page that was never seen before: no cache, no worker. */
async function firstVisit(on: Browser): Promise<void> {
  const paints: number[] = []
  let bytes = { script: 0, style: 0 }
  for (let i = 0; i < runs; i++) {
    const page = await (await on.newContext({ serviceWorkers: 'block' })).newPage()
    await page.goto(server.url)
    await page.locator('.door .form').waitFor()
    const seen = await page.evaluate(() => {
      const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
      const sum = (pattern: RegExp) =>
        files.filter(({ name }) => pattern.test(name)).reduce((total, { encodedBodySize }) => total + encodedBodySize, 0)
      return {
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
        script: sum(/\.js$/),
        style: sum(/\.css$/),
      }
    })
    paints.push(seen.paint)
    bytes = seen
    await page.context().close()
  }
  note('JavaScript of the first load, compressed', bytes.script / 1_000, 'kB', '<= 80')
  note('style of the first load, compressed', bytes.style / 1_000, 'kB')
  note('first paint, first visit, median', quantile(paints, 0.5), 'ms', '< 500')
  note('first paint, first visit, worst', sorted(paints).at(-1) ?? Number.NaN, 'ms')
}

async function signedIn(on: Browser): Promise<BrowserContext> {
  const context = await on.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.locator('.form input').nth(0).fill('reader')
  await page.locator('.form input').nth(1).fill(PASSWORD)
  await page.locator('.form [type=submit]').click()
  await page.locator('.rooms-item').first().waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.close()
  return context
}

/** From the address to rooms on the screen, with the shell kept by the worker. */
async function laterVisits(context: BrowserContext): Promise<void> {
  const paints: number[] = []
  const usable: number[] = []
  for (let i = 0; i < runs; i++) {
    const page = await context.newPage()
    await page.goto('/')
    await page.locator('.rooms-item').first().waitFor()
    const seen = await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      now: performance.now(),
    }))
    paints.push(seen.paint)
    usable.push(seen.now)
    await page.close()
  }
  note('first paint, later visit, median', quantile(paints, 0.5), 'ms', '< 500')
  note('rooms on the screen, later visit, median', quantile(usable, 0.5), 'ms')
}

/** From the click to the frame in which the other room's messages stand. */
async function switching(context: BrowserContext, rooms: string[]): Promise<void> {
  const page = await context.newPage()
  await page.goto('/')
  await page.locator('.rooms-item').nth(ROOMS).waitFor()
  const first = await switchThrough(page, rooms)
  const again: number[] = []
  for (let i = 0; i < 5; i++) again.push(...(await switchThrough(page, rooms)))
  note('room switch, seen for the first time, median', quantile(first, 0.5), 'ms')
  note('room switch, median', quantile(again, 0.5), 'ms', '< 50')
  note('room switch, p95', quantile(again, 0.95), 'ms')
  await page.close()
}

const switchThrough = (page: Page, rooms: string[]): Promise<number[]> =>
  page.evaluate(async (ids) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done))
    const times: number[] = []
    for (const id of ids) {
      const row = document.querySelector<HTMLElement>(`[data-room="${id}"]`)
      const name = row?.querySelector('.room-row-name')?.textContent ?? '?'
      const began = performance.now()
      row?.click()
      const there = () =>
        document.querySelector('.room-head h1')?.textContent?.includes(name) && document.querySelectorAll('.message').length > 5
      while (!there() && performance.now() - began < 5_000) await new Promise((done) => setTimeout(done))
      await frame()
      times.push(performance.now() - began)
      for (let i = 0; i < 6; i++) await frame()
    }
    return times
  }, rooms)

/** Loads the whole long room by walking to its beginning, then scrolls through it and watches the frames. */
async function scrolling(context: BrowserContext, roomId: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(`/rooms/${roomId}`)
  await page.locator('.message').nth(5).waitFor()
  const began = performance.now()
  await page.evaluate(async (limitMs) => {
    const box = document.querySelector('.scroll')
    const until = performance.now() + limitMs
    while (box && !document.querySelector('.start-row-beginning') && performance.now() < until) {
      box.scrollTop = 0
      await new Promise((done) => setTimeout(done, 10))
    }
  }, 240_000)
  const whole = await page.locator('.start-row-beginning').isVisible()
  note(`walk to the beginning of ${messages} messages${whole ? '' : ' (not reached)'}`, (performance.now() - began) / 1_000, 's')
  const still = await frames(page, 0)
  for (const [what, pixels] of [
    ['reading pace, 20 px a frame', 20],
    ['flung, 300 px a frame', 300],
  ] as const) {
    const times = await frames(page, pixels)
    note(`frame while scrolling (${what}), median`, quantile(times, 0.5), 'ms', '<= 17')
    note(`frame while scrolling (${what}), p99`, quantile(times, 0.99), 'ms')
    note(`frames over 50 ms (${what})`, (times.filter((ms) => ms > 50).length / times.length) * 100, '%')
  }
  note('frame while nothing moves, p99 (what the machine itself does)', quantile(still, 0.99), 'ms')
  await page.close()
}

const frames = (page: Page, pixels: number): Promise<number[]> =>
  page.evaluate(async (step) => {
    const box = document.querySelector('.scroll')
    const times: number[] = []
    let last = await new Promise<number>((done) => requestAnimationFrame(done))
    const until = last + 4_000
    while (box && last < until) {
      box.scrollTop += step
      const now = await new Promise<number>((done) => requestAnimationFrame(done))
      times.push(now - last)
      last = now
    }
    return times
  }, pixels)

try {
  console.error(`writing ${messages} messages and ${ROOMS} rooms …`)
  const { longRoom, rooms } = await fill()
  await firstVisit(browser)
  const context = await signedIn(browser)
  await laterVisits(context)
  await switching(context, rooms)
  await scrolling(context, longRoom)
} finally {
  await browser.close()
  await server.stop()
}
const folder = resolve(import.meta.dir, '../artifacts/bench')
mkdirSync(folder, { recursive: true })
await Bun.write(`${folder}/web.json`, JSON.stringify({ at: new Date().toISOString(), messages, runs, figures }, null, 2))
console.table(Object.fromEntries(figures.map(({ what, value, unit, goal }) => [what, { value, unit, goal: goal ?? '' }])))
