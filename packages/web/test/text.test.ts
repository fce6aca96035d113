/** A message's text becomes elements of a short list, links that a browser may follow, and nothing else. */
import { expect, test } from 'bun:test'
import type { VNode } from 'preact'
import { isOnlyEmoji, parse, safeHref } from '../src/text/parse.ts'

// the page's surroundings, as far as drawing a text asks for them
Object.assign(globalThis, {
  window: globalThis.window ?? new EventTarget(),
  location: new URL('https://tea.example/'),
  localStorage: undefined,
})
const { RichText } = await import('../src/text/rich-text.tsx')
const { CodeBlock } = await import('../src/text/code-block.tsx')

const ALLOWED = new Set('div p strong em del code blockquote ul ol li br a span'.split(' '))

type Drawn = { tags: string[]; hrefs: string[]; text: string }

/** Walks what would be drawn, without a document. */
function draw(content: string): Drawn {
  const drawn: Drawn = { tags: [], hrefs: [], text: '' }
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk)
    if (node === null || node === undefined || typeof node === 'boolean') return
    if (typeof node === 'string' || typeof node === 'number') return void (drawn.text += String(node))
    const { type, props } = node as VNode<Record<string, unknown>>
    if (typeof type === 'function') {
      drawn.tags.push('code-block')
      if (type === (CodeBlock as unknown)) drawn.text += String(props['code'])
      return
    }
    drawn.tags.push(String(type))
    expect(Object.keys(props).filter((name) => /^on|style|dangerously|srcdoc/i.test(name))).toEqual([])
    if (typeof props['href'] === 'string') drawn.hrefs.push(props['href'])
    walk(props.children)
  }
  walk(RichText({ content }))
  return drawn
}

test('bold, italic, struck out, code, lists, quotes and links are drawn', () => {
  const { tags } = draw('**b** *i* ~~s~~ `c`\n- one\n- two\n\n1. first\n\n> said\n\nhttps://example.org')
  for (const tag of ['strong', 'em', 'del', 'code', 'ul', 'ol', 'li', 'blockquote', 'a']) expect(tags).toContain(tag)
})

test('tags stay text', () => {
  for (const content of [
    '<b>x</b>',
    '<script>x</script>',
    'a <img src=x onerror=y> b',
    '<!-- x -->',
    '<a href="javascript:x">y</a>',
    '<div\nonclick=x>',
  ])
    expect(draw(content).text.replaceAll('\n', '')).toContain(content.replaceAll('\n', ''))
})

test('whatever is written, only known elements and followable addresses come out', () => {
  const bits = [
    '<script>',
    '[x](',
    'javascript:',
    ')',
    '**',
    '`',
    '```',
    '\n',
    '> ',
    '- ',
    '1. ',
    '![',
    '](',
    'data:',
    '"',
    "'",
    'https://e.org',
    '<',
    '>',
    '&#106;',
    '\\',
    '_',
    '~~',
    '@ann',
    '|',
    '---',
    '# ',
  ]
  let state = 7
  const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below
  for (let i = 0; i < 3_000; i++) {
    const content = Array.from({ length: 1 + random(14) }, () => bits[random(bits.length)]).join('')
    const { tags, hrefs } = draw(content)
    expect(tags.filter((tag) => !ALLOWED.has(tag) && tag !== 'code-block')).toEqual([])
    expect(hrefs.filter((href) => !/^(?:https?:|mailto:|\/)/.test(href))).toEqual([])
  }
})

test('addresses that run or hide something are refused', () => {
  for (const href of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    ' javascript:1',
    'java\tscript:1',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://x/y',
    '//evil.example',
    '/local',
    '',
  ])
    expect([href, safeHref(href)]).toEqual([href, null])
  expect(safeHref('https://example.org/a?b=c#d')).toBe('https://example.org/a?b=c#d')
  expect(safeHref('mailto:ann@example.org')).toBe('mailto:ann@example.org')
})

test('hostile nesting is drawn in bounded time and depth', () => {
  for (const content of [
    '> '.repeat(5_000),
    '['.repeat(10_000),
    '*a _b '.repeat(1_600),
    '`'.repeat(9_999),
    '- '.repeat(5_000),
    '[a]('.repeat(2_500),
    '**'.repeat(5_000),
  ])
    expect(draw(content).tags.length).toBeLessThan(12_000)
})

test('one to three emoji stand large, words do not', () => {
  expect(isOnlyEmoji('🍵')).toBe(true)
  expect(isOnlyEmoji('👩‍👩‍👧 🍵 👍🏽')).toBe(true)
  expect(isOnlyEmoji('🍵🍵🍵🍵')).toBe(false)
  expect(isOnlyEmoji('12')).toBe(false)
  expect(isOnlyEmoji('tea 🍵')).toBe(false)
})

test('the same content is parsed once', () => {
  expect(parse('once **only**')).toBe(parse('once **only**'))
})
