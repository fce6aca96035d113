/** Which emoji a word finds first. */
import { expect, test } from 'bun:test'
import { findEmoji, loadEmoji } from '../src/emoji/emoji.ts'

const names = async (language: 'en' | 'zh', query: string) => findEmoji(await loadEmoji(language), query, 8).map(({ emoji }) => emoji)

test('whole words come before words that only begin so', async () => {
  const found = await names('en', 'tea')
  expect(found.slice(0, 4).toSorted()).toEqual(['☕️', '🍵', '🧋', '🫖'].toSorted())
  expect(found.slice(4)).toContain('🧑‍🏫')
  expect((await names('zh', '茶')).slice(0, 3)).toContain('🫖')
})

test('of whole words the names come first, and half a word still finds', async () => {
  expect((await names('en', 'Teapot '))[0]).toBe('🫖')
  expect((await names('en', 'thumbs u'))[0]).toBe('👍️')
  expect(await names('en', 'no such thing')).toEqual([])
})
