/** Pages of a list: opaque cursors that hold the key of the last item. */
import { wrongField } from '@teahouse/protocol'

export type PageOf<Item> = { items: Item[]; next_cursor: string | null }
export type PageRequest = { cursor?: string | undefined; limit: number }

/** Cuts the one item too many that the store was asked for, and says where to go on. */
export function pageOf<Item>(found: Item[], limit: number, keyOf: (item: Item) => readonly string[]): PageOf<Item> {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: last !== undefined && found.length > limit ? encodeCursor(keyOf(last)) : null }
}

export const encodeCursor = (key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** What a part of a cursor's key may be: an id, a time as we write it, or any text. */
type Part = 'id' | 'time' | 'text'
const IS: Record<Part, (value: string) => boolean> = {
  id: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  time: (value) => /^[1-9]\d{3}-.{5}T.{12}Z$/.test(value) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value,
  text: (value) => !value.includes('\0') && value.isWellFormed(),
}

/** The key inside a cursor. Throws `validation_failed` for anything that we did not make: it goes into a query. */
export function decodeCursor(cursor: string | undefined, parts: readonly Part[]): string[] | null {
  if (cursor === undefined) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const isOurs = (part: Part, i: number) => Array.isArray(key) && typeof key[i] === 'string' && IS[part](key[i])
    if (Array.isArray(key) && key.length === parts.length && parts.every(isOurs)) return key as string[]
  } catch {} // not ours: refused below
  throw wrongField('cursor', 'cursor', 'must be the next_cursor of an earlier answer')
}
