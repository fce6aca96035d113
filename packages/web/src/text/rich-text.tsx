/** A message's text as elements, made from tokens one by one; no HTML is ever parsed, so no text can become any. */
import type { ComponentChildren, VNode } from 'preact'
import { CodeBlock } from './code-block.tsx'
import { isOnlyEmoji, parse, safeHref, type Token } from './parse.ts'

/** Tells whether `@name` in this message speaks to somebody, and whether to the reader. */
export type Mentions = (username: string) => 'me' | 'other' | null
const nobody: Mentions = () => null

const DEEPEST = 16

export function RichText({ content, mentions = nobody }: { content: string; mentions?: Mentions }): VNode {
  return <div class={isOnlyEmoji(content) ? 'text text-jumbo' : 'text'}>{draw(parse(content), mentions, 0)}</div>
}

const draw = (tokens: Token[] | undefined, mentions: Mentions, depth: number): ComponentChildren =>
  tokens?.map((token) => drawOne(token, mentions, depth))

function drawOne(token: Token, mentions: Mentions, depth: number): ComponentChildren {
  if (depth > DEEPEST) return token.raw
  const inner = () => draw(token.tokens, mentions, depth + 1)
  switch (token.type) {
    case 'paragraph':
      return <p>{inner()}</p>
    case 'heading':
      return (
        <p>
          <strong>{inner()}</strong>
        </p>
      )
    case 'strong':
      return <strong>{inner()}</strong>
    case 'em':
      return <em>{inner()}</em>
    case 'del':
      return <del>{inner()}</del>
    case 'codespan':
      return <code>{token.text}</code>
    case 'code':
      return <CodeBlock code={token.text ?? ''} language={token.lang ?? ''} />
    case 'blockquote':
      return <blockquote>{inner()}</blockquote>
    case 'list':
      return drawList(token, mentions, depth)
    case 'br':
      return <br />
    case 'space':
      return null
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ '
    case 'link':
      return drawLink(token.href ?? '', inner())
    case 'image': // a picture from elsewhere would tell its server who reads, and when: it stays a link
      return drawLink(token.href ?? '', token.text || token.href)
    default:
      if (token.tokens) return inner()
      return withMentions(token.text ?? token.raw, mentions)
  }
}

function drawList(token: Token, mentions: Mentions, depth: number): VNode {
  const items = token.items?.map((item) => <li>{draw(item.tokens, mentions, depth + 2)}</li>)
  return token.ordered ? <ol start={token.start || 1}>{items}</ol> : <ul>{items}</ul>
}

function drawLink(href: string, children: ComponentChildren): ComponentChildren {
  const safe = safeHref(href)
  if (!safe) return children
  // an address of this server opens in place, without a new tab
  const own = safe.startsWith(`${location.origin}/`)
  return own ? (
    <a href={safe.slice(location.origin.length)}>{children}</a>
  ) : (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  )
}

const MENTION = /(?<![\w@/])@([A-Za-z0-9_-]{3,32})/g

function withMentions(text: string, mentions: Mentions): ComponentChildren {
  if (!text.includes('@')) return text
  const parts: ComponentChildren[] = []
  let from = 0
  for (const found of text.matchAll(MENTION)) {
    const whom = mentions(found[1] ?? '')
    if (!whom) continue
    parts.push(text.slice(from, found.index), <span class={whom === 'me' ? 'mention mention-me' : 'mention'}>{found[0]}</span>)
    from = found.index + found[0].length
  }
  return parts.length ? [...parts, text.slice(from)] : text
}
