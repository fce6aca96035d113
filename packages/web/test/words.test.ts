/** Every language says everything: the same keys, the same blanks to fill, every refusal, and nothing that nobody says. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { ERROR_CODES } from '@teahouse/protocol'
import { en } from '../src/i18n/en.ts'
import { zh } from '../src/i18n/zh.ts'

const keys = Object.keys(en) as (keyof typeof en)[]
const blanks = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].toSorted()
const sources = async () => {
  const root = join(import.meta.dir, '../src')
  const files = [...new Bun.Glob('**/*.{ts,tsx}').scanSync(root)].filter((file) => !/^i18n\/(?:en|zh)\./.test(file))
  return (await Promise.all(files.map((file) => Bun.file(join(root, file)).text()))).join('\n')
}

test('English and Chinese have the same keys', () => {
  expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted())
})

test('no text is empty, and all have the same blanks to fill', () => {
  for (const key of keys) {
    expect([key, zh[key].trim() !== '' && en[key].trim() !== '']).toEqual([key, true])
    expect([key, ...blanks(zh[key])]).toEqual([key, ...blanks(en[key])])
  }
})

test('Chinese is Chinese: Han characters, full-width punctuation after them', () => {
  for (const key of keys) {
    const words = zh[key].replaceAll(/\{\w+\}/g, '')
    expect([key, !/\p{L}/u.test(words) || /\p{Script=Han}/u.test(words)]).toEqual([key, true])
    expect([key, /\p{Script=Han}[,;!?]/u.exec(zh[key])?.[0] ?? null]).toEqual([key, null])
  }
})

test('every refusal of the protocol has words', () => {
  expect(ERROR_CODES.filter((code) => !(`error.${code}` in en))).toEqual([])
})

test('every key is said somewhere', async () => {
  const text = await sources()
  const begun = [...text.matchAll(/`([a-zA-Z]+\.[a-zA-Z]*)\$\{/g)].map(([, start = '']) => start)
  const unsaid = keys.filter((key) => !text.includes(`'${key}'`) && !begun.some((start) => key.startsWith(start)))
  expect(unsaid).toEqual([])
})
