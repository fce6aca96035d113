/** Markdown of a message as tokens: the small part of it that people use in a chat, and nothing that could be HTML. */
import { Lexer, Tokenizer } from 'marked'

/** What a token may carry, as far as it is drawn. */
export type Token = {
  type: string
  raw: string
  text?: string
  tokens?: Token[]
  href?: string
  lang?: string
  items?: Token[]
  ordered?: boolean
  start?: number | ''
  checked?: boolean
}

const nothing = () => undefined
// What is switched off here stays the plain text that was typed: tags, headings by underlining, definitions, tables, indentation as code.
const tokenizer = Object.assign(new Tokenizer(), {
  html: nothing,
  tag: nothing,
  def: nothing,
  lheading: nothing,
  table: nothing,
  code: nothing,
  hr: nothing,
  reflink: nothing,
})

const KEPT = 400
const parsed = new Map<string, Token[]>()

/** Tokens of `content`; the latest few hundred are remembered, as a timeline draws the same messages again and again. */
export function parse(content: string): Token[] {
  const known = parsed.get(content)
  if (known) return known
  const tokens = read(content)
  if (parsed.size >= KEPT) parsed.delete(parsed.keys().next().value ?? '')
  parsed.set(content, tokens)
  return tokens
}

function read(content: string): Token[] {
  try {
    return new Lexer({ gfm: true, breaks: true, tokenizer }).lex(content) as Token[]
  } catch {
    // nested so deep that the parser gives up: shown as it was typed
    return [{ type: 'text', raw: content, text: content }]
  }
}

/** The address when a browser may open it from a message, else null: http, https and mail only. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href)
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s?){1,3}$/v
/** One to three emoji and nothing else are drawn large. */
export const isOnlyEmoji = (content: string): boolean => content.length < 64 && ONLY_EMOJI.test(content.trim())
