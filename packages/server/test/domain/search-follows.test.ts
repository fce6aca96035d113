/** A search waits for the index to have what was said before it, but not for ever. */
import { expect, test } from 'bun:test'
import type { Sql } from '../../src/infrastructure/postgres/database.ts'
import { searchIndex } from '../../src/infrastructure/postgres/search.ts'
import { questionOf } from '../../src/domain/search-terms.ts'

/** Answers how often the outbox was looked at before the messages were; `behind`: so many looks find something in it. */
async function looks(newest: number | null, behind: number): Promise<number> {
  let looked = 0
  const read = async (text: string) => {
    if (text.includes('max(id)')) return [{ id: newest }]
    if (text.includes('from outbox')) return ++looked <= behind ? [{}] : []
    return []
  }
  const index = searchIndex({ read, rows: async () => [], row: async () => undefined } as unknown as Sql)
  await index.find('ann', questionOf('tea'), { q: 'tea', limit: 10 })
  return looked
}

test('nothing is waited for when the index has everything', async () => expect(await looks(null, 0)).toBe(0))
test('what was said a moment ago is waited for', async () => expect(await looks(7, 3)).toBe(4))
test('a backlog is not', async () => expect(await looks(7, Infinity)).toBe(13))
