/** What can be done with rooms: made, found, changed, joined, left, handed on, deleted. */
import { ChatError, type JoinedRoom, type List, type Role, type RouteInput, type SeenRoom, type User, wrongField } from '@teahouse/protocol'
import { newId } from '../domain/id.ts'
import {
  assertGroup,
  assertHasPlace,
  assertMember,
  assertOwns,
  assertRuns,
  assertVisible,
  type Door,
  isBanned,
} from '../domain/membership.ts'
import { assertCapacity, assertPasswordFits, directKey } from '../domain/room.ts'
import type { RateLimits } from './ports/limits.ts'
import type { RoomChanges } from './ports/rooms.ts'
import type { Actor, Clock, Stores, Transaction, Write } from './ports/transaction.ts'
import type { Passwords } from './ports/users.ts'

export type RoomPorts = {
  stores: Pick<Stores, 'rooms' | 'users'>
  write: Write
  passwords: Passwords
  rates: RateLimits
  clock: Clock
  /** Members of one room; 0 = no limit. */
  maxMembers: number
}

const MOST_MEMBERS = 1_000_000

export function createRooms({ stores, write, passwords, rates, clock, maxMembers }: RoomPorts) {
  const capacity = maxMembers > 0 ? maxMembers : MOST_MEMBERS

  /** Throws wrong_room_password, rate_limited, but first what keeps a visitor out whatever he knows. Slow on purpose, hence outside the transaction. */
  async function openDoor(door: Door, userId: string, password: string | undefined): Promise<void> {
    if (isBanned(door, clock.now().toISOString())) throw new ChatError('banned_from_room')
    if (door.password_hash === null) return
    await rates.take('auth_account', `${door.room_id} ${userId}`) // guessing is as slow as at the front door
    if (!(await passwords.matches(password ?? '', door.password_hash))) throw new ChatError('wrong_room_password')
  }

  /** Counted as a write, before the work: otherwise whoever is refused as too busy would have made the work all the same. Throws rate_limited, unavailable. */
  async function hashed(actor: Actor, password: string): Promise<string> {
    await rates.take('writes', actor.user_id)
    return passwords.hash(password)
  }

  return {
    /** Throws room_name_taken, validation_failed. */
    async create(actor: Actor, input: RouteInput<'create_room'>): Promise<JoinedRoom> {
      const { name, description = null, is_private, password, max_members = capacity } = input
      assertPasswordFits({ is_private, hasPassword: password !== undefined })
      assertCapacity(max_members, 1, maxMembers)
      const password_hash = password === undefined ? null : await hashed(actor, password)
      const room = {
        id: newId(),
        kind: 'group' as const,
        name,
        description,
        owner_id: actor.user_id,
        is_private,
        password_hash,
        max_members,
        direct_key: null,
      }
      return write(actor, async (tx) => {
        await tx.newStream(room.id)
        await tx.rooms.insert(room, tx.now)
        return found(tx, room.id, actor.user_id, [{ user: actor.user, role: 'owner' }])
      })
    },

    /** The room of just these people and the actor. `made` is false when it was there. Throws user_not_found, validation_failed. */
    async openDirect(
      actor: Actor,
      { user_ids }: RouteInput<'open_direct_room'>,
    ): Promise<{ room: JoinedRoom; made: boolean; replayed?: true }> {
      const others = [...new Set(user_ids)].filter((id) => id !== actor.user_id)
      if (others.length === 0) throw wrongField('user_ids', 'too_few', 'must name somebody else')
      const key = directKey([actor.user_id, ...others])
      const lookUp = async (rooms: Stores['rooms']) => {
        const roomId = await rooms.directRoom(key)
        const room = roomId === undefined ? undefined : await rooms.seenBy(roomId, actor.user_id)
        return room?.membership ? { room: { ...room, membership: room.membership }, made: false } : undefined
      }
      const there = actor.once ? undefined : await lookUp(stores.rooms) // what is to be remembered takes the longer way
      if (there) return there
      const people = await stores.users.byIds([actor.user_id, ...others])
      if (people.length !== others.length + 1) throw new ChatError('user_not_found')
      const open = () =>
        write(actor, async (tx) => (await lookUp(tx.rooms)) ?? { room: await makeDirect(tx, actor, key, people), made: true })
      try {
        return await open()
      } catch (error) {
        if (error instanceof ChatError || (await stores.rooms.directRoom(key)) === undefined) throw error
        return open() // somebody among them was faster
      }
    },

    /** Throws room_not_found, not_a_member. */
    async assertMember(actor: Actor, roomId: string): Promise<void> {
      assertMember(await stores.rooms.door(roomId, actor.user_id))
    },

    list: (actor: Actor, page: RouteInput<'list_rooms'>): Promise<List<JoinedRoom>> => stores.rooms.pageOf(actor.user_id, page),

    directory: (actor: Actor, query: RouteInput<'list_directory'>): Promise<List<SeenRoom>> => stores.rooms.directory(actor.user_id, query),

    /** Throws room_not_found. */
    async get(actor: Actor, { room_id }: RouteInput<'get_room'>): Promise<SeenRoom> {
      assertVisible(await stores.rooms.door(room_id, actor.user_id))
      const room = await stores.rooms.seenBy(room_id, actor.user_id)
      if (!room) throw new ChatError('room_not_found')
      return room
    },

    /** Throws room_not_found, not_a_member, forbidden, room_name_taken, validation_failed. */
    async update(actor: Actor, { room_id, password, ...input }: RouteInput<'update_room'>): Promise<JoinedRoom> {
      const before = await stores.rooms.door(room_id, actor.user_id)
      assertRuns(before)
      assertGroup(before)
      const newHash = password ? await hashed(actor, password) : password
      return write(actor, async (tx) => {
        await tx.lockRoom(room_id)
        const door = await tx.rooms.door(room_id, actor.user_id)
        assertRuns(door)
        const is_private = input.is_private ?? door.is_private
        assertPasswordFits({ is_private, hasPassword: typeof newHash === 'string' })
        if (input.max_members !== undefined) assertCapacity(input.max_members, door.member_count, maxMembers)
        const password_hash = is_private ? newHash : door.password_hash === null ? undefined : null // a public room needs none
        return change(tx, actor.user_id, room_id, { ...input, ...(password_hash === undefined ? {} : { password_hash }) })
      })
    },

    /** Throws room_not_found, not_a_member, forbidden. */
    async delete(actor: Actor, { room_id }: RouteInput<'delete_room'>): Promise<void> {
      await write(actor, async (tx) => {
        await tx.lockRoom(room_id)
        const door = await tx.rooms.door(room_id, actor.user_id)
        assertMember(door)
        assertGroup(door)
        assertOwns(door)
        await close(tx, room_id, actor.user_id)
      })
    },

    /** Throws room_not_found, already_a_member, banned_from_room, wrong_room_password, room_full, rate_limited. */
    async join(actor: Actor, { room_id, password }: RouteInput<'join_room'>): Promise<JoinedRoom> {
      const before = await stores.rooms.door(room_id, actor.user_id)
      assertVisible(before)
      if (before.role === null) await openDoor(before, actor.user_id, password)
      return write(actor, async (tx) => {
        await tx.lockRoom(room_id)
        const door = await tx.rooms.door(room_id, actor.user_id)
        assertVisible(door)
        if (door.password_hash !== before.password_hash) throw new ChatError('wrong_room_password') // changed at this moment
        return enter(tx, door, actor.user, actor.user_id)
      })
    },

    /** Throws room_not_found, not_a_member, owner_cannot_leave. */
    async leave(actor: Actor, { room_id }: RouteInput<'leave_room'>): Promise<void> {
      await write(actor, async (tx) => {
        await tx.lockRoom(room_id)
        const door = await tx.rooms.door(room_id, actor.user_id)
        assertMember(door)
        assertGroup(door)
        if (door.role === 'owner') throw new ChatError('owner_cannot_leave')
        await tx.members.remove(room_id, actor.user_id, tx.now)
        tx.emit.room(room_id, 'user_left_room', actor.user_id, { user_id: actor.user_id, member_count: door.member_count - 1 })
        tx.emit.user(actor.user_id, 'room_removed', { room_id, reason: 'left' })
      })
    },

    /** Throws room_not_found, not_a_member, forbidden, user_not_found. */
    async transfer(actor: Actor, { room_id, user_id }: RouteInput<'transfer_room'>): Promise<JoinedRoom> {
      return write(actor, async (tx) => {
        await tx.lockRoom(room_id)
        const door = await tx.rooms.door(room_id, actor.user_id)
        assertOwns(door)
        const heir = await tx.members.one(room_id, user_id)
        if (!heir) throw new ChatError('user_not_found', { message: 'This person is not a member of the room.' })
        if (user_id === actor.user_id) throw new ChatError('conflict', { message: 'The room is yours already.' })
        await tx.members.setRole(room_id, actor.user_id, 'admin')
        tx.emit.room(room_id, 'member_role_changed', actor.user_id, { user_id: actor.user_id, role: 'admin' })
        return handOver(tx, actor.user_id, room_id, user_id)
      })
    },
  }
}
export type Rooms = ReturnType<typeof createRooms>

async function makeDirect(tx: Transaction, actor: Actor, key: string, people: readonly User[]): Promise<JoinedRoom> {
  const room = {
    id: newId(),
    kind: 'direct' as const,
    name: '',
    description: null,
    owner_id: actor.user_id,
    is_private: true,
    password_hash: null,
    max_members: people.length,
    direct_key: key,
  }
  await tx.newStream(room.id)
  await tx.rooms.insert(room, tx.now)
  const members = people.map((user) => ({ user, role: 'member' as const }))
  return found(tx, room.id, actor.user_id, members)
}

/** A new room's first events, and its first members. */
async function found(
  tx: Transaction,
  roomId: string,
  founderId: string,
  people: readonly { user: User; role: Role }[],
): Promise<JoinedRoom> {
  const seq = 1 // room_created is the first event; nobody's unread begins before it
  for (const { user, role } of people) await admit(tx, { room_id: roomId, user_id: user.id, role, seq }, founderId)
  const room = await tx.rooms.view(roomId)
  tx.emit.room(roomId, 'room_created', founderId, { room: { ...room, last_seq: seq, last_message: null } })
  for (const { user } of people) await tellAdded(tx, roomId, user.id, seq)
  return joinedRoom(tx, roomId, founderId)
}

/** Makes `user` a member; the room is locked. Throws already_a_member, banned_from_room, room_full. */
export async function enter(tx: Transaction, door: Door, user: User, actorId: string): Promise<JoinedRoom> {
  const { room_id } = door
  assertHasPlace(door, tx.now)
  const seq = (await tx.lockRoom(room_id)) + 1
  const { muted_until } = await admit(tx, { room_id, user_id: user.id, role: 'member', seq }, actorId)
  tx.emit.room(room_id, 'user_joined_room', actorId, { user, member_count: door.member_count + 1, muted_until })
  await tellAdded(tx, room_id, user.id, seq)
  return joinedRoom(tx, room_id, user.id)
}

/** Throws user_not_found for an account that was deleted at this moment; unauthorized when it is the actor's own. */
async function admit(
  tx: Transaction,
  { room_id, user_id, role, seq }: { room_id: string; user_id: string; role: Role; seq: number },
  actorId: string,
): Promise<{ muted_until: string | null }> {
  try {
    return await tx.members.add(room_id, user_id, role, seq, tx.now)
  } catch (error) {
    throw user_id === actorId && error instanceof ChatError && error.code === 'user_not_found' ? new ChatError('unauthorized') : error
  }
}

/** The log keeps no text of messages but in one place, so the room that it tells of has no last message. */
async function tellAdded(tx: Transaction, roomId: string, userId: string, seq: number): Promise<void> {
  const { membership, ...room } = await joinedRoom(tx, roomId, userId)
  tx.emit.user(userId, 'room_added', { room: { ...room, last_seq: seq, last_message: null }, membership })
}

/** The room as the member will see it once this transaction commits. */
async function joinedRoom(tx: Transaction, roomId: string, userId: string): Promise<JoinedRoom> {
  const room = await tx.rooms.seenBy(roomId, userId)
  if (!room?.membership) throw new ChatError('not_a_member')
  return { ...room, membership: room.membership, last_seq: await tx.lockRoom(roomId) }
}

/** Changes a locked room and says which fields are not what they were. */
async function change(tx: Transaction, actorId: string, roomId: string, changes: RoomChanges): Promise<JoinedRoom> {
  const before = await tx.rooms.view(roomId)
  await tx.rooms.update(roomId, changes, tx.now)
  const after = await tx.rooms.view(roomId)
  const fields = (['name', 'description', 'owner_id', 'is_private', 'has_password', 'max_members', 'slow_mode_s'] as const).filter(
    (field) => before[field] !== after[field],
  )
  if (fields.length > 0) {
    const last_seq = (await tx.lockRoom(roomId)) + 1
    tx.emit.room(roomId, 'room_updated', actorId, { room: { ...after, last_seq, last_message: null }, changes: fields })
  }
  return joinedRoom(tx, roomId, actorId)
}

/** Makes a member of a locked room its owner; the one before has another role already, or is gone. */
export async function handOver(tx: Transaction, actorId: string, roomId: string, heirId: string): Promise<JoinedRoom> {
  await tx.members.setRole(roomId, heirId, 'owner')
  tx.emit.room(roomId, 'member_role_changed', actorId, { user_id: heirId, role: 'owner' })
  return change(tx, actorId, roomId, { owner_id: heirId })
}

/** Deletes a locked room and tells everybody who was in it. */
export async function close(tx: Transaction, roomId: string, actorId: string): Promise<void> {
  tx.emit.room(roomId, 'room_deleted', actorId, {})
  for (const userId of await tx.members.removeAll(roomId)) tx.emit.user(userId, 'room_removed', { room_id: roomId, reason: 'room_deleted' })
  await tx.rooms.markDeleted(roomId, tx.now)
}
