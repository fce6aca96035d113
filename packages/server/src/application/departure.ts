/** What becomes of somebody's rooms when the account is deleted: memberships end, and what was owned passes on. */
import { close, handOver } from './rooms.ts'
import type { Transaction } from './ports/transaction.ts'

/** Leaves these rooms; those that were left already stay as they are. They are locked here, in id order, before anything else. */
export async function leaveRooms(tx: Transaction, userId: string, rooms: readonly string[]): Promise<void> {
  const ordered = rooms.toSorted()
  for (const roomId of ordered) await tx.lockRoom(roomId)
  for (const roomId of ordered) await leaveRoom(tx, userId, roomId)
}

/** The room is locked. Whoever is the last takes the room with him. */
async function leaveRoom(tx: Transaction, userId: string, roomId: string): Promise<void> {
  const door = await tx.rooms.door(roomId, userId)
  if (!door?.role) return
  const heir = await tx.members.heirOf(roomId, userId)
  if (heir === undefined) return close(tx, roomId, userId)
  if (door.role === 'owner') await handOver(tx, userId, roomId, heir)
  await tx.members.remove(roomId, userId, tx.now)
  tx.emit.room(roomId, 'user_left_room', userId, { user_id: userId, member_count: door.member_count - 1 })
}
