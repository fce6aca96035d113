/** What was written with marks is previewed as words, and what a search found in it stays told apart. */
import { expect, test } from 'bun:test'
import { closed, excerpt, plain, type Range } from '../src/text/plain.ts'

/** Where `word` was written, as the server tells it: UTF-16 units of the content. */
const hitsOf = (content: string, word: string): Range[] =>
  [...content.matchAll(new RegExp(RegExp.escape(word), 'giu'))].map(({ index, 0: { length } }) => ({ start: index, end: index + length }))
/** The line as a reader sees it, with what was found in guillemets. */
const found = (content: string, word: string, max = 200) =>
  excerpt(content, hitsOf(content, word), max)
    .map(({ text, hit }) => (hit ? `«${text}»` : text))
    .join('')

test('a preview is one plain line', () => {
  expect(plain('**bold** and `code`\n\n- one\n- two')).toBe('bold and code one two')
  expect(plain('# Head\n> said\n> twice\n\n1. first\n2. ~~second~~')).toBe('Head said twice first second')
  expect(plain('```ts\nconst a = 1\nconst b = 2\n```')).toBe('const a = 1 const b = 2')
  expect(plain('see [the list](https://example.org/list) or https://example.org')).toBe('see the list or https://example.org')
  expect(plain('![a cat](https://example.org/cat.png) ![](https://example.org/dog.png)')).toBe('a cat https://example.org/dog.png')
  expect(plain('- [x] done\n- [ ] open')).toBe('☑ done ☐ open')
  expect(plain('2 * 3 * 4 and snake_case_name, \\*not bold\\*')).toBe('2 * 3 * 4 and snake_case_name, *not bold*')
  expect(plain('<b>x</b> &amp; y')).toBe('<b>x</b> &amp; y')
  expect(plain('')).toBe('')
})

test('a preview is cut to its length, between characters', () => {
  expect(plain('x'.repeat(300), 10)).toBe('xxxxxxxxxx…')
  expect(plain('some words here', 5)).toBe('some…')
  expect(plain('🍵🍵🍵', 3)).toBe('🍵…')
  expect(plain('**b** '.repeat(2_000), 4)).toBe('b b…')
})

test('what was found is told apart within its marks', () => {
  expect(found('some of the **Longjing** from *last* spring', 'longjing')).toBe('some of the «Longjing» from last spring')
  expect(found('run `npm install` or `npm test`', 'npm')).toBe('run «npm» install or «npm» test')
  expect(found('```ts\nconst brew = 80\n```\nthat is brew', 'brew')).toBe('const «brew» = 80 that is «brew»')
  expect(found('> quoted tea\n> more tea\n\ntea', 'tea')).toBe('quoted «tea» more «tea» «tea»')
  expect(found('- one\n  - two tea\n- tea', 'tea')).toBe('one two «tea» «tea»')
  expect(found('龙**井**茶，龙井', '龙井')).toBe('龙井茶，«龙井»')
  expect(found('🍵 **🍵 茶** x', '茶')).toBe('🍵 🍵 «茶» x')
  expect(found('a \\* tea \\* tea', 'tea')).toBe('a * «tea» * «tea»')
})

test('the same letters elsewhere are not taken for what was found', () => {
  const content = '1. 1 tea **1**'
  expect(excerpt(content, [{ start: 11, end: 12 }], 99)).toEqual([
    { text: '1 tea ', hit: false },
    { text: '1', hit: true },
  ])
  // a hit in an address is not one in the word after it
  expect(found('[x](https://ab.org)b **b**', 'b')).toBe('x (https://a«b».org) «b» «b»')
})

test('an address is shown when it is what was found', () => {
  expect(found('see [the list](https://example.org/biscuits) now', 'biscuits')).toBe('see the list (https://example.org/«biscuits») now')
  expect(found('see https://example.org/biscuits now', 'biscuits')).toBe('see https://example.org/«biscuits» now')
  expect(found('see [the list](https://example.org/biscuits) now', 'list')).toBe('see the «list» now')
})

test('what was found in marks alone leaves the text as it is', () => {
  expect(found('```ts\nlet a\n```', 'ts')).toBe('let a')
})

test('a long message is shown round what was found first', () => {
  const content = `${'many words come before '.repeat(300)}**tea** and ${'many more come after '.repeat(100)}`
  const line = found(content, 'tea', 80)
  expect(line).toMatch(/^…\p{L}/u)
  expect(line).toContain('come before «tea» and many')
  expect(line).toEndWith('…')
  expect(line.length).toBeLessThan(90)
})

test('every hit is shown with the letters that were found, whatever is written', () => {
  const bits = [
    '**',
    '*',
    '`',
    '```\n',
    '\n',
    '> ',
    '- ',
    '1. ',
    '[tea](',
    'https://tea.org',
    ')',
    '~~',
    '\\',
    ' ',
    'tea',
    'leaf',
    '🍵',
    '龙井',
    '# ',
  ]
  let state = 7
  const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below
  for (let i = 0; i < 3_000; i++) {
    const content = Array.from({ length: 1 + random(16) }, () => bits[random(bits.length)]).join('')
    const parts = excerpt(content, hitsOf(content, 'tea'), 500)
    expect(parts.filter(({ hit, text }) => hit && !/^(?:tea)+$/.test(text))).toEqual([])
    if (!content.includes('](')) expect(parts.map(({ text }) => text).join('')).toBe(plain(content, 500))
  }
})

test('hostile nesting is read in bounded depth', () => {
  for (const content of ['> '.repeat(5_000), '['.repeat(10_000), '- '.repeat(5_000), '*a _b '.repeat(1_600), '[a]('.repeat(2_500)])
    expect(excerpt(content, [{ start: 9_000, end: 9_001 }], 280).length).toBeLessThan(20)
})

test('a quote that was cut in the middle of a mark is closed', () => {
  expect(plain(closed('all of **this is bold and goes'))).toBe('all of this is bold and goes')
  expect(plain(closed('run `npm inst'))).toBe('run npm inst')
  expect(plain(closed('see [the list](https://exam'))).toBe('see the list')
  expect(plain(closed('2 * 3 is snake_case'))).toBe('2 * 3 is snake_case')
  expect(plain(closed('**whole** text'))).toBe('whole text')
})
