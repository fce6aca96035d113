/** What stands under one name, where a day and the line of the unread begin. */
import { expect, test } from 'bun:test'
import type { Message, Span, User } from '@teahouse/sdk'

Object.assign(globalThis, { window: globalThis.window ?? new EventTarget() })
const { beginsDay, beginsGroup, firstUnread, indexOfSeq, itemsOf } = await import('../src/timeline/rows.ts')

const person = (id: string): User => ({
  id,
  username: id,
  display_name: id,
  avatar_url: null,
  status_text: null,
  is_bot: false,
  created_at: '',
})
const message = (seq: number, from: string, at: string, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`, room_id: 'r', seq, sender: person(from), content: 'x', message_type: 'text', attachments: [], reply_to: null, mentions: [],
  reactions: [], pinned: false, created_at: at, edited_at: null, state: 'sent', client_id: `c${seq}`, on_behalf_of: null, ...more,
}) // prettier-ignore
const span = (messages: Message[]): Span => ({ from: 1, to: Infinity, messages })

const day = [
  message(2, 'ann', '2026-05-01T10:00:00.000Z'),
  message(3, 'ann', '2026-05-01T10:04:00.000Z'),
  message(5, 'bo', '2026-05-01T10:05:00.000Z'),
  message(6, 'bo', '2026-05-01T10:11:00.000Z'),
  message(9, 'bo', '2026-05-03T10:12:00.000Z'),
]
const items = itemsOf(span(day), [], 'ann')

test('messages of one author within five minutes stand together', () => {
  expect(items.map((item, i) => beginsGroup(item, items[i - 1]))).toEqual([true, true, false, true, true, true])
})

test('a day begins where the calendar says so', () => {
  expect(items.map((item, i) => beginsDay(item, items[i - 1]))).toEqual([false, true, false, false, false, true])
})

test('the unread line stands before the first message of others that still exists', () => {
  expect(firstUnread(items, 0, 'ann')).toBe(3)
  expect(firstUnread(items, 5, 'ann')).toBe(4)
  expect(firstUnread(items, 9, 'ann')).toBe(-1)
  expect(firstUnread(itemsOf(span([message(4, 'bo', '2026-05-01T10:00:00.000Z', { state: 'deleted' })]), [], 'ann'), 0, 'ann')).toBe(-1)
})

test('a seq between two messages finds the one before', () => {
  expect(indexOfSeq(items, 5)).toBe(3)
  expect(indexOfSeq(items, 8)).toBe(4)
  expect(indexOfSeq(items, 1)).toBe(0)
})

test('my message keeps its key when the server has it, so that nothing moves', () => {
  const entry = { client_id: 'c2', room_id: 'r', content: 'x', message_type: 'text', reply_to_message_id: null, attachments: [], written_at: 0, state: 'sending', attempts: 1, error: null, retry_at: null, seq: null } as const // prettier-ignore
  expect(itemsOf(span([]), [entry], 'ann').at(-1)?.key).toBe('c2')
  expect(itemsOf(span(day), [], 'ann')[1]?.key).toBe('c2')
  expect(itemsOf(span([message(2, 'ann', '2026-05-01T10:00:00.000Z')]), [], 'bo')[1]?.key).toBe('m2')
})
