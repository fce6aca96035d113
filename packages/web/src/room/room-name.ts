/** What a room is called: its name, or the people in it. */
import type { JoinedRoom, SeenRoom, User } from '@teahouse/sdk'
import { t } from '../i18n/i18n.ts'
import { tea, watch } from '../model/tea.ts'

export function others(room: JoinedRoom | SeenRoom): User[] {
  const session = watch('session').value
  const mine = session.status === 'signed_in' ? session.user.id : ''
  return (room.members ?? []).filter(({ id }) => id !== mine).map((user) => watch(`user:${user.id}`).value ?? user)
}

export function roomName(room: JoinedRoom | SeenRoom): string {
  if (room.kind === 'group') return room.name
  return others(room).map(nameOf).join(', ') || t('room.unnamed')
}

/** The name to show: as the person is called now. */
export const nameOf = (user: User): string => displayName(watch(`user:${user.id}`).value ?? user)

/** An account that was deleted keeps its place with a name that nobody has. */
export const displayName = (user: User): string => user.display_name || t('deletedUser')

export const isMine = (roomId: string): boolean => tea.view(`room:${roomId}`) !== undefined
