/** Pages of a list: opaque cursors that hold the key of the last item. */
import { wrongField } from '@teahouse/protocol'

export type PageOf<Item> = { items: Item[]; next_cursor: string | null }
export type PageRequest = { cursor?: string | undefined; limit: number }

/** Cuts the one item too many that the store was asked for, and says where to go on. */
export function pageOf<Item>(found: Item[], limit: number, keyOf: (item: Item) => readonly (string | number)[]): PageOf<Item> {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: last !== undefined && found.length > limit ? encodeCursor(keyOf(last)) : null }
}

export const encodeCursor = (key: readonly (string | number)[]): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** The key inside a cursor. Throws `validation_failed` for anything that we did not make. */
export function decodeCursor(cursor: string | undefined, parts: readonly ('string' | 'number')[]): (string | number)[] | null {
  if (cursor === undefined) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(key) && key.length === parts.length && parts.every((type, i) => typeof key[i] === type))
      return key as (string | number)[]
  } catch {} // not ours: refused below
  throw wrongField('cursor', 'cursor', 'must be the next_cursor of an earlier answer')
}
