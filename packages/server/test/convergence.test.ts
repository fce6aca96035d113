/** Convergence: a snapshot and the events after it, put together by the SDK's reducer, are the same as everything fetched anew. */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Message, Ready } from '@teahouse/protocol'
import { EMPTY_STATE, type Input, latestSpan, reduce, type RoomState, type State } from '@teahouse/sdk'
import { clientId, type Entered, type Guest, openTeahouse, until } from './support/house.ts'

setDefaultTimeout(60_000)
const house = await openTeahouse()
afterAll(() => house.close())

/** A client that has everything open, made of a socket, some requests and the reducer. */
class Client {
  state: State = EMPTY_STATE
  readonly guest: Guest
  readonly #socket: Entered
  #read = 0

  constructor(guest: Guest, socket: Entered) {
    this.guest = guest
    this.#socket = socket
  }

  static async open(guest: Guest): Promise<Client> {
    const client = new Client(guest, await guest.connect())
    client.hear()
    for (const roomId of client.state.rooms.keys()) await client.load(roomId)
    return client
  }

  /** Gives the reducer whatever has come. */
  hear(): void {
    for (const frame of this.#socket.frames.slice(this.#read)) {
      this.#read++
      if (frame.type === 'ready')
        this.state = reduce(this.state, { type: 'ready', payload: frame.payload as unknown as Ready, resumed: false })
      else if (!['hello', 'reply', 'pong', 'error'].includes(frame.type))
        this.state = reduce(this.state, frame as unknown as Input, Date.now())
    }
  }

  /** Fetches history, members and pins of a room, as a client does that shows it. */
  async load(room_id: string): Promise<void> {
    const asked_at_seq = () => this.state.rooms.get(room_id)?.about.last_seq ?? 0
    let seq = asked_at_seq()
    const page = await this.guest.call('list_messages', { room_id, limit: 100 })
    this.state = reduce(this.state, { type: 'messages_loaded', room_id, place: {}, page, asked_at_seq: seq })
    seq = asked_at_seq()
    const members = await this.guest.call('list_members', { room_id, limit: 100 })
    this.state = reduce(this.state, { type: 'members_loaded', room_id, page: members, first: true, asked_at_seq: seq })
    await this.loadPins(room_id)
  }

  async loadPins(room_id: string): Promise<void> {
    const asked_at_seq = this.state.rooms.get(room_id)?.about.last_seq ?? 0
    const pins = await this.guest.call('list_pins', { room_id, limit: 100 })
    this.state = reduce(this.state, { type: 'pins_loaded', room_id, page: pins, first: true, asked_at_seq })
  }

  /** Everything that the log has, and what the reducer itself asks to be fetched. */
  async settle(): Promise<void> {
    const mine = (await this.guest.call('list_rooms', { limit: 100 })).items
    await until(
      () => {
        this.hear()
        return (
          this.state.rooms.size === mine.length && mine.every(({ id, last_seq }) => this.state.rooms.get(id)?.about.last_seq === last_seq)
        )
      },
      { what: 'the reducer to stand where the log ends' },
    )
    for (const [roomId, room] of this.state.rooms) {
      if (room.joints.lastMessageUnknown || room.joints.countsUncertain)
        this.state = reduce(this.state, { type: 'room_loaded', room: (await this.guest.call('get_room', { room_id: roomId })) as never })
      if (room.members === null) await this.load(roomId)
      if (room.pins?.stale) await this.loadPins(roomId)
    }
    await this.#socket.fence()
    this.hear()
  }
}

const byId = <T extends { user: { id: string } }>(items: readonly T[]) => items.toSorted((a, b) => (a.user.id < b.user.id ? -1 : 1))
/** In a list of reactions the order of those that first came at the same millisecond is nobody's business. */
const calm = (message: Message): Message => ({ ...message, reactions: message.reactions.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1)) })
const shown = ({ about, timeline, members, pins }: RoomState) => ({
  about: { ...about, last_message: about.last_message && calm(about.last_message) },
  messages: latestSpan(timeline).messages.map(calm),
  members: byId(members?.items ?? []).map(({ user, role, muted_until }) => ({ id: user.id, role, muted_until })),
  pins: (pins?.items ?? []).map(calm),
})
const shownState = ({ me, user_seq, rooms }: State) => ({
  me,
  user_seq,
  rooms: Object.fromEntries([...rooms].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, room]) => [id, shown(room)])),
})

type Scene = { ann: Guest; ben: Guest; cat: Guest; roomId: string; mine: Message; his: Message; also: string }
/** ann owns the room, ben looks on, cat is outside. Every act happens while ben's client is open. */
const ACTS: Record<string, (scene: Scene) => Promise<unknown>> = {
  'a message': ({ ann, roomId }) => ann.say(roomId, 'hello'),
  'a message that mentions': ({ ann, ben, roomId }) => ann.say(roomId, `hello @${ben.username}`),
  'a message of his own': ({ ben, roomId }) => ben.say(roomId, 'from another device'),
  'an answer': ({ ann, roomId, his }) =>
    ann.call('send_message', { room_id: roomId, content: 're', client_id: clientId(), reply_to_message_id: his.id }),
  'an edit': ({ ann, mine }) => ann.call('edit_message', { message_id: mine.id, content: 'changed' }),
  'an edit that mentions': ({ ann, ben, mine }) => ann.call('edit_message', { message_id: mine.id, content: `@${ben.username}` }),
  'an edit of a message that is quoted': ({ ben, his }) => ben.call('edit_message', { message_id: his.id, content: 'quoted otherwise' }),
  'a deletion': ({ ann, mine }) => ann.call('delete_message', { message_id: mine.id }),
  'a deletion of a message that is quoted': ({ ann, his }) => ann.call('delete_message', { message_id: his.id }),
  'a recall': ({ ann, mine }) => ann.call('recall_message', { message_id: mine.id }),
  'a recall of his own': ({ ben, his }) => ben.call('recall_message', { message_id: his.id }),
  'a reaction': ({ ann, his }) => ann.call('add_reaction', { message_id: his.id, emoji: '🍵' }),
  'a reaction of his own': ({ ben, mine }) => ben.call('add_reaction', { message_id: mine.id, emoji: '🍵' }),
  'a reaction taken back': ({ ann, mine }) => ann.call('remove_reaction', { message_id: mine.id, emoji: '👍' }),
  'a pin': ({ ann, his }) => ann.call('pin_message', { message_id: his.id }),
  'a pin taken away': ({ ann, mine }) => ann.call('unpin_message', { message_id: mine.id }),
  'a read marker': async ({ ben, roomId, his }) => ben.call('mark_read', { room_id: roomId, seq: his.seq }),
  'a read marker at the end': ({ ben, roomId }) => ben.call('mark_read', { room_id: roomId, seq: 1_000 }),
  'somebody who joins': ({ cat, roomId }) => cat.call('join_room', { room_id: roomId }),
  'somebody who is brought in': ({ ann, cat, roomId }) => ann.call('add_member', { room_id: roomId, user_id: cat.id }),
  'somebody who comes by invitation': async ({ ann, cat, roomId }) =>
    cat.call('join_by_invite', { code: (await ann.call('create_invite', { room_id: roomId })).code }),
  'somebody who joins and leaves': async ({ cat, roomId }) => {
    await cat.call('join_room', { room_id: roomId })
    await cat.call('leave_room', { room_id: roomId })
  },
  'somebody who joins and is kicked': async ({ ann, cat, roomId }) => {
    await cat.call('join_room', { room_id: roomId })
    await ann.call('kick_member', { room_id: roomId, user_id: cat.id })
  },
  'a ban': async ({ ann, cat, roomId }) => {
    await cat.call('join_room', { room_id: roomId })
    await ann.call('ban_user', { room_id: roomId, user_id: cat.id })
  },
  'a mute': ({ ann, ben, roomId }) =>
    ann.call('update_member', { room_id: roomId, user_id: ben.id, muted_until: '2099-01-01T00:00:00.000Z' }),
  'a mute that ends': async ({ ann, ben, roomId }) => {
    await ann.call('update_member', { room_id: roomId, user_id: ben.id, muted_until: '2099-01-01T00:00:00.000Z' })
    await ann.call('update_member', { room_id: roomId, user_id: ben.id, muted_until: null })
  },
  'a new role': ({ ann, ben, roomId }) => ann.call('update_member', { room_id: roomId, user_id: ben.id, role: 'admin' }),
  'the room handed on to him': ({ ann, ben, roomId }) => ann.call('transfer_room', { room_id: roomId, user_id: ben.id }),
  'the room changed': ({ ann, roomId }) =>
    ann.call('update_room', { room_id: roomId, name: `new ${clientId()}`, description: 'new', slow_mode_s: 3, max_members: 17 }),
  'the room made private, with a password': ({ ann, roomId }) =>
    ann.call('update_room', { room_id: roomId, is_private: true, password: 'lapsang' }),
  'the room deleted': ({ ann, roomId }) => ann.call('delete_room', { room_id: roomId }),
  'he kicked': ({ ann, ben, roomId }) => ann.call('kick_member', { room_id: roomId, user_id: ben.id }),
  'he banned': ({ ann, ben, roomId }) => ann.call('ban_user', { room_id: roomId, user_id: ben.id }),
  'he leaving': ({ ben, roomId }) => ben.call('leave_room', { room_id: roomId }),
  'he leaving and coming back': async ({ ben, roomId }) => {
    await ben.call('leave_room', { room_id: roomId })
    await ben.call('join_room', { room_id: roomId })
  },
  'he kicked and brought in again, with words after it': async ({ ann, ben, roomId }) => {
    await ann.call('kick_member', { room_id: roomId, user_id: ben.id })
    await ann.call('add_member', { room_id: roomId, user_id: ben.id })
    await ann.say(roomId, `welcome back @${ben.username}`)
  },
  'he joining another room': ({ ben, also }) => ben.call('join_room', { room_id: also }),
  'he making a room': ({ ben }) => ben.call('create_room', { name: `mine ${clientId()}` }),
  'a conversation opened with him': async ({ ann, ben, cat }) => {
    const { id } = await ann.call('open_direct_room', { user_ids: [ben.id, cat.id] })
    await cat.say(id, `@${ben.username} hello`)
  },
  'his profile changed': ({ ben }) => ben.call('update_me', { display_name: 'Ben the Second', status_text: 'away' }),
  'a lot at the same time': async ({ ann, ben, cat, roomId, mine, his }) => {
    await cat.call('join_room', { room_id: roomId })
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => ann.say(roomId, `${i} @${ben.username}`)),
      ...Array.from({ length: 5 }, (_, i) => cat.say(roomId, `${i}`)),
      ben.say(roomId, 'in between'),
      ben.call('mark_read', { room_id: roomId, seq: his.seq + 2 }),
      ann.call('edit_message', { message_id: mine.id, content: 'x' }),
      cat.call('add_reaction', { message_id: mine.id, emoji: '🍵' }),
      ann.call('delete_message', { message_id: his.id }),
      ann.call('pin_message', { message_id: mine.id }),
      ann.call('update_room', { room_id: roomId, description: 'busy' }),
    ])
    await ann.call('recall_message', { message_id: mine.id })
  },
}

test.each(Object.keys(ACTS))('%s', async (name) => {
  const [ann, ben, cat] = await house.guests(3)
  const { id: roomId } = await house.room(ann, [ben])
  const { id: also } = await house.room(ann)
  await ann.say(also, 'said before he came')
  const his = await ben.say(roomId, 'his')
  await ann.call('send_message', { room_id: roomId, content: 'quoting', client_id: clientId(), reply_to_message_id: his.id })
  const mine = await ann.say(roomId, 'mine')
  await ann.call('add_reaction', { message_id: mine.id, emoji: '👍' })
  await ann.call('pin_message', { message_id: mine.id })
  const client = await Client.open(ben)
  await ACTS[name]?.({ ann, ben, cat, roomId, mine, his, also })
  await client.settle()
  const fresh = await Client.open(ben)
  expect(shownState(client.state)).toEqual(shownState(fresh.state))
})
