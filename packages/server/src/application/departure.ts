/** What becomes of somebody's rooms when the account is deleted: memberships end, and what was owned passes on. */
import { close, handOver } from './rooms.ts'
import type { Actor, Transaction } from './ports/transaction.ts'

/**
 * The actor leaves all rooms. `rooms` are the ones that he was in a moment ago; they are locked here, in this order, before anything else.
 * Answers false, with nothing changed, when he has entered another one since: then the caller looks again and starts anew.
 * From here to the end of the transaction he can enter none.
 */
export async function leaveAllRooms(tx: Transaction, actor: Actor, rooms: readonly string[]): Promise<boolean> {
  for (const roomId of rooms.toSorted()) await tx.lockRoom(roomId)
  await tx.users.lockAccount(actor.user_id)
  const present = await tx.members.roomsOf(actor.user_id)
  if (present.some((roomId) => !rooms.includes(roomId))) return false
  for (const roomId of present) await leaveRoom(tx, actor, roomId)
  return true
}

/** The room is locked. Whoever is the last takes the room with him. */
async function leaveRoom(tx: Transaction, actor: Actor, roomId: string): Promise<void> {
  const door = await tx.rooms.door(roomId, actor.user_id)
  if (!door?.role) return
  const heir = await tx.members.heirOf(roomId, actor.user_id)
  if (heir === undefined) return close(tx, roomId, actor.user_id)
  if (door.role === 'owner') await handOver(tx, actor, roomId, heir)
  await tx.members.remove(roomId, actor.user_id, tx.now)
  tx.emit.room(roomId, 'user_left_room', actor.user_id, { user_id: actor.user_id, member_count: door.member_count - 1 })
}
