/** What was released once keeps its meaning; and the comparison itself would notice. */
import { describe, expect, test } from 'bun:test'
import released from '../released/1.json' with { type: 'json' }
import type { JsonSchema } from '../src/json-schema.ts'
import { contradictions } from './support/compatibility.ts'
import { snapshot, type Snapshot } from './support/snapshot.ts'

const today = snapshot()

test('nothing that was released is gone, or narrower', () => {
  expect(contradictions(released as unknown as Snapshot, today)).toEqual([])
})

describe('the comparison', () => {
  /** A copy of today's protocol with one thing changed. */
  function changed(change: (copy: Plant) => void): Snapshot {
    const copy = structuredClone(today) as unknown as Plant
    change(copy)
    return copy as unknown as Snapshot
  }
  type Bag = { [key: string]: Bag } & { [key: string]: unknown }
  type Plant = Bag

  const field = (schema: Bag | undefined, name: string): Bag => {
    const found = schema?.['properties']?.[name]
    if (!found) throw new Error(`there is no field ${name}`)
    return found
  }
  const body = (copy: Plant, name: string): Bag => copy['routes']?.[name]?.['body'] as Bag

  const BREAKS: [string, (copy: Plant) => void][] = [
    ['routes.get_me was removed', (copy) => delete copy['routes']?.['get_me']],
    ['routes.get_me: its address', (copy) => Object.assign(copy['routes']?.['get_me'] as Bag, { address: 'GET /me' })],
    ['routes.get_invite: it needs', (copy) => Object.assign(copy['routes']?.['get_invite'] as Bag, { auth: true })],
    ['routes.create_room: its status', (copy) => Object.assign(copy['routes']?.['create_room'] as Bag, { status: [200] })],
    ['routes.create_room.body.name: minLength', (copy) => Object.assign(field(body(copy, 'create_room'), 'name'), { minLength: 2 })],
    ['routes.create_room.body.name: maxLength', (copy) => Object.assign(field(body(copy, 'create_room'), 'name'), { maxLength: 32 })],
    ['routes.create_room.body.name: pattern', (copy) => Object.assign(field(body(copy, 'create_room'), 'name'), { pattern: '^[a-z]+$' })],
    [
      'routes.create_room.body.name: it was "string"',
      (copy) => Object.assign(field(body(copy, 'create_room'), 'name'), { type: 'integer' }),
    ],
    ['routes.create_room.body.colour: it must be given', (copy) => plantRequired(body(copy, 'create_room'), 'colour')],
    [
      'routes.create_room.body.max_members: it must be given',
      (copy) => (body(copy, 'create_room')['required'] as unknown as string[]).push('max_members'),
    ],
    ['routes.create_room.body.description: it was removed', (copy) => delete body(copy, 'create_room')['properties']?.['description']],
    [
      'routes.create_room.body.is_private: what it means',
      (copy) => Object.assign(field(body(copy, 'create_room'), 'is_private'), { default: true }),
    ],
    ['routes.create_room.body.{}: unknown fields', (copy) => Object.assign(body(copy, 'create_room'), { additionalProperties: false })],
    [
      'routes.update_room.body.description: it was "null"',
      (copy) => Object.assign(body(copy, 'update_room')['properties'] as Bag, { description: { type: 'string' } }),
    ],
    ['routes.update_member.body.role: "admin"', (copy) => Object.assign(field(body(copy, 'update_member'), 'role'), { enum: ['member'] })],
    [
      'commands.mark_read.payload.seq: minimum',
      (copy) => Object.assign(field(copy['commands']?.['mark_read']?.['payload'], 'seq'), { minimum: 1 }),
    ],
    [
      'commands.mark_read.reply.unread_count: it was removed',
      (copy) => removeField(copy['commands']?.['mark_read']?.['reply'], 'unread_count'),
    ],
    ['commands.heartbeat was removed', (copy) => delete copy['commands']?.['heartbeat']],
    ['said.member_muted was removed', (copy) => delete copy['said']?.['member_muted']],
    [
      'said.member_role_changed.role: "guest"',
      (copy) => (field(copy['said']?.['member_role_changed'], 'role')['enum'] as unknown as string[]).push('guest'),
    ],
    ['.content: it was removed', (copy) => removeField(copy['shapes']?.['Message'], 'content')],
    ['.seq: it is no longer there', (copy) => dropRequired(copy['shapes']?.['Message'], 'seq')],
    [
      '.name: it was "string" and is "null"',
      (copy) => Object.assign(copy['shapes']?.['Room']?.['properties'] as Bag, { name: { type: ['string', 'null'] } }),
    ],
    ['errors.muted: its status', (copy) => Object.assign(copy['errors']?.['muted'] as Bag, { status: 429 })],
    ['errors.muted was removed', (copy) => delete copy['errors']?.['muted']],
    ['close.going_away: its code', (copy) => Object.assign(copy['close'] as Bag, { going_away: 4010 })],
  ]

  test.each(BREAKS)('notices: %s', (sentence, change) => {
    expect(contradictions(today, changed(change)).join('\n')).toContain(sentence)
  })

  const GROWTH: [string, (copy: Plant) => void][] = [
    ['a route', (copy) => Object.assign(copy['routes'] as Bag, { get_weather: copy['routes']?.['get_me'] })],
    ['a field that may be given', (copy) => Object.assign(body(copy, 'create_room')['properties'] as Bag, { colour: { type: 'string' } })],
    ['a field in an answer', (copy) => plantRequired(copy['shapes']?.['Message'] as Bag, 'colour')],
    ['a longer name', (copy) => Object.assign(field(body(copy, 'create_room'), 'name'), { maxLength: 100 })],
    ['a field that need not be given any more', (copy) => dropRequired(body(copy, 'create_room'), 'name')],
    ['a word that is taken', (copy) => (field(body(copy, 'update_member'), 'role')['enum'] as unknown as string[]).push('guest')],
    ['an event', (copy) => Object.assign(copy['said'] as Bag, { room_painted: copy['said']?.['room_deleted'] })],
    [
      'a type of event in the log',
      (copy) => (field(copy['shapes']?.['Event'], 'type')['enum'] as unknown as string[]).push('room_painted'),
    ],
    ['an error code', (copy) => (field(copy['shapes']?.['ErrorObject'], 'code')['enum'] as unknown as string[]).push('too_early')],
    ['a kind of notification', (copy) => (field(copy['shapes']?.['Notification'], 'kind')['enum'] as unknown as string[]).push('birthday')],
  ]

  test.each(GROWTH)('lets grow: %s', (_what, change) => {
    expect(contradictions(today, changed(change))).toEqual([])
  })

  function plantRequired(schema: Bag, name: string): void {
    Object.assign(schema['properties'] as Bag, { [name]: { type: 'string' } satisfies JsonSchema })
    ;(schema['required'] as unknown as string[]).push(name)
  }
  function dropRequired(schema: Bag | undefined, name: string): void {
    Object.assign(schema ?? {}, { required: ((schema?.['required'] ?? []) as unknown as string[]).filter((each) => each !== name) })
  }
  function removeField(schema: Bag | undefined, name: string): void {
    dropRequired(schema, name)
    delete schema?.['properties']?.[name]
  }
})
