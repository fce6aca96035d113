/** What owner and admins do with people: bring in, raise, mute, remove, keep out. */
import { type Ban, ChatError, type List, type Member, type RouteInput, wrongField } from '@teahouse/protocol'
import { assertGroup, assertMember, assertOutranks, assertOwns, assertRuns, type Door } from '../domain/membership.ts'
import type { OnlineNow } from './ports/live.ts'
import type { Actor, Clock, Stores, Transaction, Write } from './ports/transaction.ts'
import { enter } from './rooms.ts'

export type ModerationPorts = {
  stores: Pick<Stores, 'rooms' | 'members' | 'bans' | 'users'>
  write: Write
  online: OnlineNow
  clock: Clock
}

export function createModeration({ stores, write, online, clock }: ModerationPorts) {
  const withPresence = async (members: readonly Member[]): Promise<Member[]> => {
    const here = await online(members.map(({ user }) => user.id))
    return members.map((member) => ({ ...member, online: here.has(member.user.id) }))
  }
  const one = async (member: Member | undefined): Promise<Member> => {
    const [shown] = member ? await withPresence([member]) : []
    if (!shown) throw new ChatError('user_not_found', { message: 'This person is not a member of the room.' })
    return shown
  }

  return {
    /** Throws room_not_found, not_a_member. */
    async list(actor: Actor, { room_id, ...page }: RouteInput<'list_members'>): Promise<List<Member>> {
      assertMember(await stores.rooms.door(room_id, actor.user_id))
      const { items, next_cursor } = await stores.members.page(room_id, page)
      return { items: await withPresence(items), next_cursor }
    },

    /** Throws room_not_found, not_a_member, forbidden, user_not_found, already_a_member, banned_from_room, room_full. */
    async add(actor: Actor, { room_id, user_id }: RouteInput<'add_member'>): Promise<Member> {
      const member = await write(actor, async (tx) => {
        await lockRunBy(tx, actor, room_id)
        const user = await tx.users.byId(user_id)
        const door = await tx.rooms.door(room_id, user_id)
        if (!user || !door) throw new ChatError('user_not_found')
        await enter(tx, door, user, actor.user_id)
        return tx.members.one(room_id, user_id)
      })
      return one(member)
    },

    /** Roles are for the owner to give; muting follows rank. Throws room_not_found, not_a_member, forbidden, user_not_found, validation_failed. */
    async update(actor: Actor, { room_id, user_id, role, muted_until }: RouteInput<'update_member'>): Promise<Member> {
      const until = futureOrNull('muted_until', muted_until, clock)
      const member = await write(actor, async (tx) => {
        const door = await lockRunBy(tx, actor, room_id)
        const before = await tx.members.one(room_id, user_id)
        if (!before) throw new ChatError('user_not_found', { message: 'This person is not a member of the room.' })
        if (role !== undefined) {
          assertOwns(door)
          assertOutranks(door.role, before.role)
        }
        if (until !== undefined) assertOutranks(door.role, before.role)
        if (role !== undefined && role !== before.role) {
          await tx.members.setRole(room_id, user_id, role)
          tx.emit.room(room_id, 'member_role_changed', actor.user_id, { user_id, role })
        }
        if (until !== undefined && until !== before.muted_until) {
          await tx.members.setMuted(room_id, user_id, until)
          tx.emit.room(room_id, 'member_muted', actor.user_id, { user_id, muted_until: until })
        }
        return tx.members.one(room_id, user_id)
      })
      return one(member)
    },

    /** Throws room_not_found, not_a_member, forbidden, user_not_found. */
    async kick(actor: Actor, { room_id, user_id }: RouteInput<'kick_member'>): Promise<void> {
      await write(actor, async (tx) => {
        const door = await lockRunBy(tx, actor, room_id)
        const target = await tx.members.one(room_id, user_id)
        if (!target) throw new ChatError('user_not_found', { message: 'This person is not a member of the room.' })
        assertOutranks(door.role, target.role)
        await remove(tx, actor, door, user_id, { banned: false, until: null })
      })
    },

    /** Also for people who are not members, so that they cannot come. Throws room_not_found, not_a_member, forbidden, user_not_found, validation_failed. */
    async ban(actor: Actor, { room_id, user_id, until: asked, reason = null }: RouteInput<'ban_user'>): Promise<void> {
      const until = futureOrNull('until', asked, clock) ?? null
      await write(actor, async (tx) => {
        const door = await lockRunBy(tx, actor, room_id)
        if (!(await tx.users.byId(user_id))) throw new ChatError('user_not_found')
        const target = await tx.members.one(room_id, user_id)
        assertOutranks(door.role, target?.role ?? null)
        await tx.bans.put(room_id, user_id, { until, reason, created_by: actor.user_id }, tx.now)
        if (target) await remove(tx, actor, door, user_id, { banned: true, until })
      })
    },

    /** Throws room_not_found, not_a_member, forbidden, not_found. */
    async unban(actor: Actor, { room_id, user_id }: RouteInput<'unban_user'>): Promise<void> {
      await write(actor, async (tx) => {
        await lockRunBy(tx, actor, room_id)
        if (!(await tx.bans.remove(room_id, user_id, tx.now))) throw new ChatError('not_found', { message: 'This person is not banned.' })
      })
    },

    /** Throws room_not_found, not_a_member, forbidden. */
    async bans(actor: Actor, { room_id, ...page }: RouteInput<'list_bans'>): Promise<List<Ban>> {
      assertRuns(await stores.rooms.door(room_id, actor.user_id))
      return stores.bans.page(room_id, page, clock.now().toISOString())
    },
  }
}
export type Moderation = ReturnType<typeof createModeration>

/** Locks the room and lets only those pass who run it. */
async function lockRunBy(tx: Transaction, actor: Actor, roomId: string) {
  await tx.lockRoom(roomId)
  const door = await tx.rooms.door(roomId, actor.user_id)
  assertMember(door)
  assertGroup(door)
  assertRuns(door)
  return door
}

async function remove(
  tx: Transaction,
  actor: Actor,
  door: Door,
  userId: string,
  ban: { banned: boolean; until: string | null },
): Promise<void> {
  const { room_id } = door
  await tx.members.remove(room_id, userId, tx.now)
  tx.emit.room(room_id, 'member_kicked', actor.user_id, { user_id: userId, ...ban, member_count: door.member_count - 1 })
  tx.emit.user(userId, 'room_removed', { room_id, reason: ban.banned ? 'banned' : 'kicked' })
}

/** A moment to come, in our form of ISO. Throws validation_failed for one that has passed. */
function futureOrNull(field: string, moment: string | null | undefined, clock: Clock): string | null | undefined {
  if (moment === undefined || moment === null) return moment
  if (Date.parse(moment) <= clock.now().getTime()) throw wrongField(field, 'in_the_past', 'must be a time to come')
  return new Date(moment).toISOString()
}
