/** What stands above the oldest message: the beginning, or that older ones are coming. */
import type { JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { reason, dialog } from '../model/view-state.ts'
import { roomName } from '../room/room-name.ts'
import { Icon } from '../ui/icon.tsx'

type Props = { room: JoinedRoom; more: boolean; empty: boolean; failure: unknown }

export function StartRow({ room, more, empty, failure }: Props): VNode {
  if (more)
    return (
      <li class="start-row">
        <p class="soft">{failure ? `${t('message.loadFailed')} ${reason(failure)}` : t('loading')}</p>
      </li>
    )
  const name = roomName(room)
  const { role } = room.membership
  const invites = room.kind === 'group' && (!room.is_private || role !== 'member')
  return (
    <li class="start-row start-row-beginning">
      <p>{t(room.kind === 'direct' ? 'message.beginningDirect' : 'message.beginning', { name })}</p>
      {empty && <p class="soft">{t('message.empty')}</p>}
      {invites && room.member_count < 3 && (
        <button type="button" class="button" onClick={() => (dialog.value = { kind: 'invite', roomId: room.id })}>
          <Icon name="add" /> {t('invite.title')}
        </button>
      )}
    </li>
  )
}
