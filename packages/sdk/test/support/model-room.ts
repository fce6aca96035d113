/** A room as a right server would keep it: does acts, writes the log, and describes itself anew at any time. The reducer is held against it. */
import type { JoinedRoom, Member, Message, MessagePage, RoomEvent, User, UserEvent } from '@teahouse/protocol'
import type { PagePlace } from '@teahouse/sdk'
import { ANN, BOB, id, ME, MY_USER, newJoinedRoom, newMembership, newMessage, newUser, ROOM, roomEvent, userEvent } from './samples.ts'

const MOST = 100
type Kept = { message: Message; reactions: { emoji: string; users: string[] }[] }

export class ModelRoom {
  seq = 0
  userSeq = 0
  readonly log: RoomEvent[] = []
  #messages: Kept[] = []
  readonly #mutesOfThoseAway = new Map<string, string | null>()
  #members: Member[] = [MY_USER, ANN, BOB].map((user, i) => ({
    user,
    role: i === 1 ? 'owner' : 'member',
    joined_at: at(0),
    muted_until: null,
    online: true,
  }))
  #pins: string[] = []
  #name = 'tea'
  #lastRead = 0
  #ownerId = ANN.id

  send(by: User, mentions: string[] = [], replyTo?: Message): RoomEvent {
    const seq = this.seq + 1
    const reply_to = replyTo
      ? { id: replyTo.id, seq: replyTo.seq, sender: replyTo.sender, excerpt: this.#find(replyTo.id).message.content }
      : null
    const message = newMessage(seq, { sender: by, mentions, reply_to })
    this.#messages.push({ message, reactions: [] })
    if (by.id === ME.id) this.#lastRead = seq
    return this.#write(roomEvent('message_sent', seq, { message }))
  }

  edit(target: Message, content: string, mentions: string[]): RoomEvent | null {
    const kept = this.#find(target.id)
    if (kept.message.state !== 'sent') return null
    kept.message = { ...kept.message, content, mentions, edited_at: at(this.seq) }
    return this.#write(roomEvent('message_edited', this.seq + 1, { message: this.#view(kept, null) }))
  }

  erase(target: Message, state: 'deleted' | 'recalled'): RoomEvent | null {
    const kept = this.#find(target.id)
    if (kept.message.state !== 'sent') return null
    kept.message = { ...kept.message, state, content: '', attachments: [], mentions: [], pinned: false }
    kept.reactions = []
    this.#pins = this.#pins.filter((pin) => pin !== target.id)
    return this.#write(roomEvent(state === 'deleted' ? 'message_deleted' : 'message_recalled', this.seq + 1, { message_id: target.id }))
  }

  react(target: Message, by: User, emoji: string): RoomEvent | null {
    const kept = this.#find(target.id)
    if (kept.message.state !== 'sent') return null
    const body = { message_id: target.id, user_id: by.id, emoji }
    const known = kept.reactions.find((reaction) => reaction.emoji === emoji)
    if (known?.users.includes(by.id)) {
      known.users = known.users.filter((user) => user !== by.id)
      kept.reactions = kept.reactions.filter((reaction) => reaction.users.length > 0)
      return this.#write(roomEvent('reaction_removed', this.seq + 1, body))
    }
    if (known) known.users.push(by.id)
    else kept.reactions.push({ emoji, users: [by.id] })
    return this.#write(roomEvent('reaction_added', this.seq + 1, body))
  }

  pin(target: Message): RoomEvent | null {
    const kept = this.#find(target.id)
    if (kept.message.state !== 'sent') return null
    const pinned = !kept.message.pinned
    kept.message = { ...kept.message, pinned }
    this.#pins = pinned ? [target.id, ...this.#pins] : this.#pins.filter((pin) => pin !== target.id)
    return this.#write(roomEvent(pinned ? 'message_pinned' : 'message_unpinned', this.seq + 1, { message_id: target.id }))
  }

  comeOrGo(n: number): RoomEvent {
    const user = newUser(10 + n)
    const known = this.#members.find((member) => member.user.id === user.id)
    if (known) {
      this.#members = this.#members.filter((member) => member !== known)
      this.#mutesOfThoseAway.set(user.id, known.muted_until)
      return this.#write(roomEvent('user_left_room', this.seq + 1, { user_id: user.id, member_count: this.#members.length }))
    }
    const seq = this.seq + 1
    const muted_until = this.#mutesOfThoseAway.get(user.id) ?? null
    const event = this.#write(roomEvent('user_joined_room', seq, { user, member_count: this.#members.length + 1, muted_until }))
    this.#members.push({ user, role: 'member', joined_at: event.payload.occurred_at, muted_until, online: true })
    return event
  }

  setRole(user: User, role: 'admin' | 'member'): RoomEvent {
    this.#change(user.id, { role })
    return this.#write(roomEvent('member_role_changed', this.seq + 1, { user_id: user.id, role }))
  }

  mute(user: User, muted_until: string | null): RoomEvent {
    this.#change(user.id, { muted_until })
    return this.#write(roomEvent('member_muted', this.seq + 1, { user_id: user.id, muted_until }))
  }

  rename(name: string): RoomEvent {
    this.#name = name
    const { membership: _mine, ...room } = this.about()
    return this.#write(
      roomEvent('room_updated', this.seq + 1, { room: { ...room, last_seq: this.seq + 1, last_message: null }, changes: ['name'] }),
    )
  }

  /** I read up to `seq` on another device. Null when the marker is further already. */
  read(seq: number): UserEvent | null {
    const to = Math.min(seq, this.seq)
    if (to <= this.#lastRead) return null
    this.#lastRead = to
    const { last_read_seq, unread_count, mention_count } = this.about().membership
    return userEvent('read_marker_moved', ++this.userSeq, { room_id: ROOM, last_read_seq, unread_count, mention_count })
  }

  about(): JoinedRoom {
    const unread = this.#messages.filter(
      ({ message }) => message.seq > this.#lastRead && message.sender.id !== ME.id && message.state === 'sent',
    )
    const mine = this.#members.find((member) => member.user.id === ME.id)
    const last = this.#messages.at(-1)
    return newJoinedRoom({
      name: this.#name,
      owner_id: this.#ownerId,
      last_seq: this.seq,
      last_message: last ? this.#view(last, ME.id) : null,
      member_count: this.#members.length,
      membership: newMembership({
        role: mine?.role ?? 'member',
        muted_until: mine?.muted_until ?? null,
        last_read_seq: this.#lastRead,
        unread_count: Math.min(MOST, unread.length),
        mention_count: Math.min(MOST, unread.filter(({ message }) => message.mentions.includes(ME.id)).length),
      }),
    })
  }

  page({ before_seq, after_seq, around_seq }: PagePlace, limit: number): MessagePage {
    const all = this.messages()
    const pivot = around_seq ?? (after_seq !== undefined ? after_seq + 1 : (before_seq ?? Infinity))
    const before = after_seq !== undefined ? 0 : around_seq !== undefined ? Math.floor(limit / 2) : limit
    const after = after_seq !== undefined ? limit : around_seq !== undefined ? Math.ceil(limit / 2) : 0
    const older = all.filter((message) => message.seq < pivot)
    const newer = all.filter((message) => message.seq >= pivot)
    const items = [...(before > 0 ? older.slice(-before) : []), ...newer.slice(0, after)]
    return structuredClone({ items, has_more_before: older.length > before, has_more_after: newer.length > after, last_seq: this.seq })
  }

  /** The log after `seq` as it is read later: what was deleted since is gone from it too. */
  backlog(seq: number): RoomEvent[] {
    return this.log.slice(seq).map((event) => {
      if (event.type !== 'message_sent' && event.type !== 'message_edited') return event
      const { message } = event.payload
      const { state, reply_to } = this.#view(this.#find(message.id), null)
      const gone = state === 'sent' ? {} : { content: '', attachments: [], mentions: [], ...(event.type === 'message_sent' && { state }) }
      const quoted = reply_to?.excerpt === '' ? { reply_to } : {}
      return { ...event, payload: { ...event.payload, message: { ...message, ...gone, ...quoted } } } as RoomEvent
    })
  }

  messages = (): Message[] => this.#messages.map((kept) => this.#view(kept, ME.id))
  members = (): Member[] => structuredClone(this.#members)
  pins = (): Message[] => this.#pins.map((pin) => this.#view(this.#find(pin), ME.id))

  #view({ message, reactions }: Kept, viewer: string | null): Message {
    const shown = reactions.map(({ emoji, users }) => ({ emoji, count: users.length, me: viewer !== null && users.includes(viewer) }))
    const quoted = message.reply_to && { ...message.reply_to, excerpt: this.#find(message.reply_to.id).message.content }
    return structuredClone({ ...message, reactions: shown, reply_to: quoted })
  }

  #find(messageId: string): Kept {
    const found = this.#messages.find(({ message }) => message.id === messageId)
    if (!found) throw new Error(`The model has no message ${messageId}`)
    return found
  }

  #change(userId: string, changes: Partial<Member>): void {
    this.#members = this.#members.map((member) => (member.user.id === userId ? { ...member, ...changes } : member))
  }

  #write(event: RoomEvent): RoomEvent {
    this.seq++
    const kept = structuredClone(event)
    this.log.push(kept)
    return kept
  }
}

const at = (seq: number): string => new Date(Date.parse('2026-11-21T09:00:00.000Z') + seq * 1000).toISOString()
export const nobody = id(999)
