/** The small shapes that all others are made of. */
import { z } from 'zod'
import { FIXED_LIMITS } from './limits.ts'

/** A UUIDv7 made by the server. Any UUID is accepted on the way in; ids are compared in lower case. */
export const Id = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/, 'must be a UUID')
  .transform((id) => id.toLowerCase())
  .meta({ format: 'uuid', examples: ['0193a5f0-6a3e-7cc1-9d5e-2f1f5c9d4b10'] })

/** An id on the way out. */
export const OutId = z.string().meta({ format: 'uuid' })

/** ISO-8601 in UTC with milliseconds. */
export const Time = z.string().meta({ format: 'date-time', examples: ['2026-11-21T08:00:00.000Z'] })

/** A moment given by a client: any ISO-8601 form with a zone, of a year from 1000 to 9999 in UTC. */
export const Moment = z.iso
  .datetime({ offset: true, error: 'must be an ISO-8601 time with a zone' })
  .refine((moment) => /^[1-9]\d{3}-/.test(inUtc(moment)), {
    message: 'must be of a year from 1000 to 9999',
    params: { rule: 'out_of_range' },
  })

const inUtc = (moment: string): string => (Number.isNaN(Date.parse(moment)) ? '' : new Date(moment).toISOString())

/** The place of an event in its stream: 1, 2, 3 …; 0 stands before the first. */
export const Seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

/** Counts code points, as a person would, without making an array. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--
  return count
}

/** Text that PostgreSQL and every client can hold: no U+0000, no half of a surrogate pair. Lengths are code points. */
export function text(min: number, max: number) {
  return z
    .string()
    .superRefine((value, context) => {
      const length = value.length > max || value.length < min * 2 ? codePoints(value) : value.length
      if (length < min) context.addIssue({ code: 'custom', params: { rule: 'too_short' }, message: `must have at least ${min} characters` })
      if (length > max) context.addIssue({ code: 'custom', params: { rule: 'too_long' }, message: `must have at most ${max} characters` })
      if (value.includes('\0') || !value.isWellFormed())
        context.addIssue({
          code: 'custom',
          params: { rule: 'forbidden_character' },
          message: 'must not contain U+0000 or half a surrogate pair',
        })
    })
    .meta({ minLength: min, maxLength: max })
}

/** Text with something in it besides white space. */
export const filledText = (max: number) =>
  text(1, max)
    .refine((value) => value.trim() !== '', { message: 'must not be blank', params: { rule: 'blank' } })
    .meta({ pattern: '\\S' })

/** Line breaks and other controls, and those marks that turn the direction of what stands beside a line. The weaker marks (U+200E, U+200F, U+061C) stay. */
const LEAVES_ITS_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Something to see: no white space, nothing that only joins, fills or marks what stands beside it. */
export const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u
const LINE = 'In one line: without control characters, line breaks, and marks that embed, override or isolate a direction of writing.'

/** One line of text, which does nothing to what is shown beside it. */
export const line = (min: number, max: number) =>
  text(min, max)
    .refine((value) => !LEAVES_ITS_LINE.test(value), {
      message: 'must be one line, without control characters and marks that turn the direction of writing',
      params: { rule: 'forbidden_character' },
    })
    .meta({ description: LINE })

/** One line in which there is something to see. */
export const visibleLine = (max: number) =>
  line(1, max)
    .refine((value) => VISIBLE.test(value), { message: 'must have at least one visible character', params: { rule: 'blank' } })
    .meta({ description: `${LINE} At least one character is visible.` })

/** A name of a person or room: a visible line. White space at its ends does not count. */
export const name = (max: number) =>
  z
    .string()
    .transform((value) => value.trim())
    .pipe(visibleLine(max))
    .meta({
      description: `${LINE} At least one character is visible. White space at the ends is taken off.`,
      minLength: 1,
      maxLength: max,
      pattern: '\\S',
    })

/** A link that a browser may open or show: http, https. */
export const Url = text(1, FIXED_LIMITS.url)
  .refine((value) => /^https?:\/\/[^\s]+$/i.test(value), { message: 'must be an http or https address', params: { rule: 'url' } })
  .meta({ pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$' })

/** How many items an answer has at most; `cursor` is what the last answer gave as `next_cursor`. Query strings carry text. */
export const Limit = z.coerce.number<number | string>().int().min(1).max(FIXED_LIMITS.page.max).default(FIXED_LIMITS.page.default)
const digits = (value: number | string) => (typeof value === 'string' && !/^\d+$/.test(value) ? undefined : value) // '' would count as 0
export const QuerySeq = z
  .preprocess(digits, z.coerce.number<number | string>().pipe(Seq))
  .meta({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const Cursor = text(1, 512)
export const Page = z.object({ cursor: Cursor.optional(), limit: Limit })

export const list = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next_cursor: z.string().nullable() })
export type List<Item> = { items: Item[]; next_cursor: string | null }
