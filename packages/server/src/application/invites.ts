/** Invitations: links that let people into a room, without a password. */
import { randomBytes } from 'node:crypto'
import { ChatError, type Invite, type InvitedRoom, type JoinedRoom, type List, type RouteInput } from '@teahouse/protocol'
import { assertGroup, assertHasPlace, assertMember, assertRuns, type Door } from '../domain/membership.ts'
import type { StoredInvite } from './ports/rooms.ts'
import type { Actor, Clock, Stores, Write } from './ports/transaction.ts'
import { enter } from './rooms.ts'

export type InvitePorts = { stores: Pick<Stores, 'rooms' | 'invites'>; write: Write; clock: Clock; publicUrl: () => string }

const CODE_BYTES = 12

export function createInvites({ stores, write, clock, publicUrl }: InvitePorts) {
  const now = () => clock.now().toISOString()
  const shown = (invite: StoredInvite): Invite => ({ ...invite, url: `${publicUrl()}/invite/${invite.code}` })

  return {
    /** Throws room_not_found, not_a_member, forbidden. */
    async create(actor: Actor, { room_id, max_uses = null, expires_in_s }: RouteInput<'create_invite'>): Promise<Invite> {
      assertInvites(await stores.rooms.door(room_id, actor.user_id))
      return write(actor, async (tx) => {
        const expires_at = expires_in_s ? new Date(Date.parse(tx.now) + expires_in_s * 1000).toISOString() : null
        const invite = {
          code: randomBytes(CODE_BYTES).toString('base64url'),
          room_id,
          max_uses,
          uses: 0,
          expires_at,
          created_by: actor.user_id,
          created_at: tx.now,
        }
        await tx.invites.insert(invite)
        return shown(invite)
      })
    },

    /** Throws room_not_found, not_a_member, forbidden. */
    async list(actor: Actor, { room_id, ...page }: RouteInput<'list_invites'>): Promise<List<Invite>> {
      assertInvites(await stores.rooms.door(room_id, actor.user_id))
      const { items, next_cursor } = await stores.invites.page(room_id, page, now())
      return { items: items.map(shown), next_cursor }
    },

    /** Throws room_not_found, not_a_member, forbidden, invite_not_found. */
    async withdraw(actor: Actor, { room_id, code }: RouteInput<'withdraw_invite'>): Promise<void> {
      assertInvites(await stores.rooms.door(room_id, actor.user_id))
      const done = await write(actor, (tx) => tx.invites.withdraw(room_id, code, tx.now))
      if (!done) throw new ChatError('invite_not_found')
    },

    /** For everybody who has the code. Throws invite_not_found, invite_expired. */
    async get({ code }: RouteInput<'get_invite'>): Promise<InvitedRoom> {
      const invite = await stores.invites.find(code, now())
      if (!invite) throw new ChatError('invite_not_found')
      if (!invite.open) throw new ChatError('invite_expired')
      return invite.view
    },

    /** Throws invite_not_found, invite_expired, already_a_member, banned_from_room, room_full. The room's lock makes uses and places hold in a race. */
    async join(actor: Actor, { code }: RouteInput<'join_by_invite'>): Promise<JoinedRoom> {
      const invite = await stores.invites.find(code, now())
      if (!invite) throw new ChatError('invite_not_found')
      return write(actor, async (tx) => {
        await tx.lockRoom(invite.room_id)
        const door = await tx.rooms.door(invite.room_id, actor.user_id)
        if (!door) throw new ChatError('invite_expired')
        assertHasPlace(door, tx.now)
        if (!(await tx.invites.use(code, tx.now))) throw new ChatError('invite_expired')
        return enter(tx, door, actor.user, actor.user_id)
      })
    },
  }
}
export type Invites = ReturnType<typeof createInvites>

/** In a public room every member may invite, in a private one those who run it. */
function assertInvites(door: Door | undefined): asserts door is Door {
  assertMember(door)
  assertGroup(door)
  if (door.is_private) assertRuns(door)
}
