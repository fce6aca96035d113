/** A message's text without its marks, in one line: for previews, quotes, notifications, and what a search found. */
import { parse, type Token } from './parse.ts'

/** From `start` up to `end`, in UTF-16 units of the text as it was written. */
export type Range = { start: number; end: number }
/** A stretch of the line; `hit` when it was looked for. */
export type Part = { text: string; hit: boolean }

/** What is kept before the first hit. */
const BEFORE = 60
/** Read beyond what is shown: marks and addresses take room, and what closes a mark must be seen. */
const AHEAD = 800
const DEEPEST = 16
const BLOCKS = new Set(['paragraph', 'heading', 'blockquote', 'list', 'list_item', 'code', 'space', 'br'])
const LIST_MARK = /^\s*(?:[-*+]|\d+[.)])\s*/

/** The text in at most `max` units. */
export const plain = (content: string, max = 160): string =>
  excerpt(content, [], max)
    .map(({ text }) => text)
    .join('')

/** The same round the first of `hits`, with all of them in it told apart. */
export function excerpt(content: string, hits: readonly Range[], max: number): Part[] {
  const read = content.slice(0, (hits[0]?.end ?? 0) + max + AHEAD)
  const wanted = new Uint8Array(read.length)
  for (const { start, end } of hits) wanted.fill(1, start, end)
  const { text, origin } = lineOf(read, wanted)
  const isHit = (at: number) => wanted[origin[at] ?? -1] === 1
  let first = 0
  while (first < text.length && !isHit(first)) first++
  const from = first < text.length && first > BEFORE && text.length > max ? wordAfter(text, first - BEFORE, first) : 0
  const to = whole(text, Math.min(text.length, from + max))
  const parts: Part[] = from > 0 ? [{ text: '…', hit: false }] : []
  for (let at = from; at < to;) {
    const hit = isHit(at)
    const start = at
    while (at < to && isHit(at) === hit) at++
    parts.push({ text: text.slice(start, at), hit })
  }
  if (to < text.length || read.length < content.length) {
    const last = parts.at(-1)
    if (last) parts[parts.length - 1] = { ...last, text: last.text.trimEnd() }
    parts.push({ text: '…', hit: false })
  }
  return parts
}

/** Some of a text that was cut without regard to its marks, with the marks closed that were left open. */
export function closed(cut: string): string {
  if (/\[[^[\]\n]+\]\([^()\s]+$/.test(cut)) return `${cut})`
  const open = [...plain(cut, cut.length).matchAll(/(?<![\p{L}\p{N}])(?:\*\*|~~|`|[*_](?![*_]))(?=[^\s*_])/gu)].at(-1)?.[0]
  return open ? cut.trimEnd() + open : cut
}

/** The whole line, and for each unit of it where it was written; -1 for what nobody wrote. */
type Line = { text: string; origin: number[] }

function lineOf(content: string, wanted: Uint8Array): Line {
  const line: Line = { text: '', origin: [] }
  let cursor = 0
  const gap = () => {
    if (!line.text || line.text.endsWith(' ')) return
    line.text += ' '
    line.origin.push(-1)
  }
  const say = (text: string) => {
    const [before = '', ...others] = text.split(/\s+/)
    for (const [i, word] of [before, ...others].entries()) {
      if (i > 0) gap()
      if (!word) continue
      const at = content.indexOf(word, cursor)
      line.text += word
      for (let unit = 0; unit < word.length; unit++) line.origin.push(at < 0 ? -1 : at + unit)
      if (at >= 0) cursor = at + word.length
    }
  }
  const walk = (token: Token, depth: number) => {
    const start = content.indexOf(token.raw, cursor)
    if (start >= 0) cursor = start
    if (BLOCKS.has(token.type)) gap()
    if (token.type === 'list_item') cursor += LIST_MARK.exec(content.slice(cursor, cursor + 16))?.[0].length ?? 0
    const inner = token.items ?? token.tokens
    if (depth > DEEPEST) say(token.raw)
    else if (inner?.length) for (const one of inner) walk(one, depth + 1)
    else if (token.type === 'checkbox') line.text += check(token, line.origin)
    else if (token.type !== 'space' && token.type !== 'br') say((token.href && !token.text ? token.href : token.text) ?? token.raw)
    const end = start + token.raw.length
    // somebody looked for a part of the address
    if (start >= 0 && token.href && wanted.subarray(cursor, end).includes(1) && !line.text.endsWith(token.href)) say(` (${token.href}) `)
    if (start >= 0) cursor = end
    if (BLOCKS.has(token.type)) gap()
  }
  for (const token of parse(content)) walk(token, 0)
  return { text: line.text.trimEnd(), origin: line.origin }
}

function check({ checked }: Token, origin: number[]): string {
  origin.push(-1, -1)
  return checked ? '☑ ' : '☐ '
}

/** The beginning of a word, so that no line begins in the middle of one that could be whole. */
function wordAfter(text: string, at: number, before: number): number {
  const space = text.indexOf(' ', at)
  return space >= 0 && space < before ? space + 1 : whole(text, at)
}

/** `at`, or one before it where it would cut a character in two. */
const whole = (text: string, at: number): number => (/^[\uDC00-\uDFFF]/.test(text.slice(at, at + 1)) && at > 0 ? at - 1 : at)
