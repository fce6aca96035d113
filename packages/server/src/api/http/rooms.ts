/** The routes of rooms, their people and their invitations. */
import type { Invites } from '../../application/invites.ts'
import type { Moderation } from '../../application/moderation.ts'
import type { Rooms } from '../../application/rooms.ts'
import type { Handlers } from './handlers.ts'

type RoomRoutes =
  | 'create_room'
  | 'list_rooms'
  | 'list_directory'
  | 'open_direct_room'
  | 'get_room'
  | 'update_room'
  | 'delete_room'
  | 'join_room'
  | 'leave_room'
  | 'list_members'
  | 'add_member'
  | 'update_member'
  | 'kick_member'
  | 'ban_user'
  | 'unban_user'
  | 'list_bans'
  | 'transfer_room'
  | 'create_invite'
  | 'list_invites'
  | 'withdraw_invite'
  | 'get_invite'
  | 'join_by_invite'

export const roomHandlers = (rooms: Rooms, moderation: Moderation, invites: Invites): Pick<Handlers, RoomRoutes> => ({
  create_room: ({ actor, input }) => rooms.create(actor, input),
  list_rooms: ({ actor, input }) => rooms.list(actor, input),
  list_directory: ({ actor, input }) => rooms.directory(actor, input),
  open_direct_room: async ({ actor, input, found }) => {
    const { room, made, replayed } = await rooms.openDirect(actor, input)
    if (!made) found()
    return replayed ? { ...room, replayed } : room
  },
  get_room: ({ actor, input }) => rooms.get(actor, input),
  update_room: ({ actor, input }) => rooms.update(actor, input),
  delete_room: ({ actor, input }) => rooms.delete(actor, input),
  join_room: ({ actor, input }) => rooms.join(actor, input),
  leave_room: ({ actor, input }) => rooms.leave(actor, input),
  list_members: ({ actor, input }) => moderation.list(actor, input),
  add_member: ({ actor, input }) => moderation.add(actor, input),
  update_member: ({ actor, input }) => moderation.update(actor, input),
  kick_member: ({ actor, input }) => moderation.kick(actor, input),
  ban_user: ({ actor, input }) => moderation.ban(actor, input),
  unban_user: ({ actor, input }) => moderation.unban(actor, input),
  list_bans: ({ actor, input }) => moderation.bans(actor, input),
  transfer_room: ({ actor, input }) => rooms.transfer(actor, input),
  create_invite: ({ actor, input }) => invites.create(actor, input),
  list_invites: ({ actor, input }) => invites.list(actor, input),
  withdraw_invite: ({ actor, input }) => invites.withdraw(actor, input),
  get_invite: ({ input }) => invites.get(input),
  join_by_invite: ({ actor, input }) => invites.join(actor, input),
})
