/** Everybody who follows the log outside of the hot path, by name. */
import type { NamedConsumer } from './postgres/consumption.ts'
import { roomActivityConsumer } from './postgres/room-activity.ts'
import { searchConsumer } from './postgres/search-consumer.ts'

export const CONSUMERS: readonly NamedConsumer[] = [
  { name: 'search', topic: 'search-events', consume: searchConsumer },
  { name: 'room-activity', topic: 'chat-events', consume: roomActivityConsumer },
]
