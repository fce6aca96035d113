/** All emoji, in the language of the moment, found by name. Loaded when first needed. */
import type { Language } from '../i18n/i18n.ts'
import { remembered } from '../model/remembered.ts'

/** `words`: the name and other words for it, each between spaces. */
export type Emoji = { emoji: string; name: string; group: number; words: string }

const loaded = new Map<Language, Promise<Emoji[]>>()

export function loadEmoji(language: Language): Promise<Emoji[]> {
  let list = loaded.get(language)
  if (!list) {
    list = (language === 'zh' ? import('./zh.ts') : import('./en.ts')).then(({ text }) => read(text))
    list.catch(() => loaded.delete(language))
    loaded.set(language, list)
  }
  return list
}

const read = (text: string): Emoji[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [group = '', emoji = '', name = '', words = ''] = line.split('\t')
      return { group: Number(group), emoji, name, words: ` ${name.toLowerCase()} ${words} ` }
    })

/** Whole words come first, then beginnings of words, then whatever contains the query; of each kind those that are called so. */
export function findEmoji(all: readonly Emoji[], query: string, most: number): Emoji[] {
  const q = query.trim().toLowerCase()
  if (!q) return all.slice(0, most)
  const ranked: Emoji[][] = [[], [], [], [], []]
  for (const one of all) ranked[rank(one.words, q)]?.push(one)
  return ranked.flat().slice(0, most)
}

function rank(words: string, q: string): number {
  const named = words.startsWith(` ${q}`)
  if (words.includes(` ${q} `)) return named ? 0 : 1
  if (named) return 2
  return words.includes(` ${q}`) ? 3 : words.includes(q) ? 4 : -1
}

const USUAL = ['👍', '❤️', '😂', '🎉', '🙏', '👀', '🍵', '✅']
export const recentEmoji = remembered<string[]>('emoji', USUAL)

export function noteUse(emoji: string): void {
  recentEmoji.value = [emoji, ...recentEmoji.peek().filter((one) => one !== emoji)].slice(0, 16)
}
