/** A person as initials on a colour drawn from the id: the same everywhere, nothing loaded from elsewhere. */
import type { VNode } from 'preact'

export type Presence = 'online' | 'away' | 'busy' | 'offline'
export type Shown = { id: string; display_name: string }

export function Avatar({ of, size = 36, presence }: { of: Shown; size?: number; presence?: Presence | undefined }): VNode {
  return (
    <span
      class={`avatar avatar-${hue(of.id)}`}
      style={{ width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.4}px` }}
      aria-hidden="true"
    >
      {initials(of.display_name)}
      {presence && presence !== 'offline' && <span class={`avatar-dot is-${presence}`} />}
    </span>
  )
}

/** One of eight tints; all hold white or dark ink at 4.5. */
function hue(id: string): number {
  let sum = 0
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0
  return sum % 8
}

const WIDE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const first = (word: string) => graphemes.segment(word)[Symbol.iterator]().next().value?.segment ?? ''

/** The first character of a Chinese, Japanese or Korean name, else the first letters of first and last word. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s_-]+/u)
    .filter(Boolean)
  const [start = '?'] = words
  if (WIDE.test(start) || words.length === 1) return first(start).toUpperCase()
  return (first(start) + first(words.at(-1) ?? '')).toUpperCase()
}
