/** What a room is made of. */
import { wrongField } from '@teahouse/protocol'

/** The same people always make the same key. */
export const directKey = (userIds: readonly string[]): string => [...new Set(userIds)].sort().join(' ')

/** A password is for private rooms only. Throws validation_failed. */
export function assertPasswordFits(room: { is_private: boolean; hasPassword: boolean }): void {
  if (room.hasPassword && !room.is_private) throw wrongField('password', 'private_only', 'is for private rooms only')
}

/** Throws validation_failed when there is no place for those who are in already, or more than this server allows. */
export function assertCapacity(maxMembers: number, memberCount: number, limit: number): void {
  if (limit > 0 && maxMembers > limit) throw wrongField('max_members', 'too_many', `may be at most ${limit}`)
  if (maxMembers < memberCount) throw wrongField('max_members', 'too_few', `the room has ${memberCount} members already`)
}
