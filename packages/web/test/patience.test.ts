/** What is said of messages that wait. */
import { expect, test } from 'bun:test'
import { ChatError, type OutboxMessage } from '@teahouse/sdk'
import { secondsLeft } from '../src/timeline/patience.ts'

const waiting = (client_id: string, more: Partial<OutboxMessage> = {}): OutboxMessage => ({
  client_id,
  room_id: 'r',
  content: client_id,
  message_type: 'text',
  reply_to_message_id: null,
  attachments: [],
  written_at: 0,
  state: 'queued',
  attempts: 0,
  error: null,
  retry_at: null,
  seq: null,
  ...more,
})
const soon = () => Date.now() + 400

test('those that a rate holds back go out one after the other', () => {
  const failed = waiting('f', { state: 'failed', error: new ChatError('muted') })
  const first = waiting('a', { error: new ChatError('rate_limited'), retry_at: soon() })
  const queue = [failed, first, ...['b', 'c', 'd', 'e'].map((id) => waiting(id, { retry_at: Date.now() - 5_000 }))]
  expect(queue.slice(1).map((entry) => secondsLeft(entry, queue, 2))).toEqual([1, 1, 2, 2, 3])
  expect(secondsLeft(first, queue, 0)).toBe(1)
})

test('slow mode counts for its own message, and what waits for its turn says nothing', () => {
  const slow = waiting('a', { error: new ChatError('slow_mode'), retry_at: Date.now() + 9_500 })
  const behind = waiting('b')
  expect(secondsLeft(slow, [slow, behind], 2)).toBe(10)
  expect(secondsLeft(behind, [slow, behind], 2)).toBe(0)
})

test('a short pause after a fault is not counted', () => {
  const again = waiting('a', { error: new ChatError('unavailable'), retry_at: soon() })
  expect(secondsLeft(again, [again], 2)).toBe(0)
})
