/**
 * Makes src/emoji/{en,zh}.txt from emojibase-data (MIT), which is too large to depend on for two lists:
 *   npm install --no-save emojibase-data@17.0.0 && bun packages/web/emoji-data.ts [its folder]
 */
import { join } from 'node:path'

type Emoji = { hexcode: string; label: string; emoji: string; group?: number; order?: number; tags?: string[]; version: number }

const from = process.argv[2] ?? join(import.meta.dir, '../../node_modules/emojibase-data')
const COMPONENTS = 2
const NEWEST = 15 // what systems of the last few years can draw

for (const language of ['en', 'zh']) {
  const all: Emoji[] = await Bun.file(join(from, language, 'data.json')).json()
  const codes: Record<string, string | string[]> = await Bun.file(join(from, 'en/shortcodes/emojibase.json')).json()
  const lines = all
    .filter(({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ emoji, group, label, tags, hexcode }) => {
      const words = new Set([...[codes[hexcode] ?? []].flat(), ...(tags ?? [])].map((word) => word.toLowerCase()))
      return [group, emoji, label, [...words].join(' ')].join('\t')
    })
  await Bun.write(join(import.meta.dir, `src/emoji/${language}.txt`), `${lines.join('\n')}\n`)
}
