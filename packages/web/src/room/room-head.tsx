/** The head of a room: what it is called, who is there, and the doors to its side rooms. */
import type { JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { type Key, t } from '../i18n/i18n.ts'
import { isPhone, type Panel, panel, togglePanel } from '../model/panel.ts'
import { go, roomPath } from '../model/route.ts'
import { tea, watch } from '../model/tea.ts'
import { ask, dialog, quietRooms, say } from '../model/view-state.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { MenuButton } from '../ui/menu.tsx'
import { Private } from './private.tsx'
import { others, roomName } from './room-name.ts'

export function RoomHead({ room }: { room: JoinedRoom }): VNode {
  const name = roomName(room)
  return (
    <header class="room-head">
      <a class="icon-button only-phone" href="/" aria-label={t('rooms.mine')}>
        <Icon name="back" />
      </a>
      <div class="room-head-text">
        <h1 class="ellipsis" dir="auto">
          {name}
          {room.is_private && room.kind === 'group' && <Private size={14} />}
        </h1>
        <Subtitle room={room} />
      </div>
      <PanelButton which="search" icon="search" label={t('search')} />
      <PanelButton which="pins" icon="pin" label={t('pins')} />
      <PanelButton which="members" icon="people" label={t('members')} />
      <MenuButton label={t('more')} items={() => acts(room, name)}>
        <Icon name="more" />
      </MenuButton>
    </header>
  )
}

function Subtitle({ room }: { room: JoinedRoom }): VNode | null {
  const [one, ...rest] = others(room)
  if (room.kind === 'direct' && one && !rest.length) {
    const presence = watch(`presence:${one.id}`).value?.status ?? 'offline'
    return (
      <p class="room-head-sub ellipsis" dir="auto">
        {one.status_text || t(`presence.${presence}` as Key)}
      </p>
    )
  }
  return (
    <p class="room-head-sub ellipsis" dir="auto">
      {t('room.members', { n: room.member_count })}
      {room.description && ` · ${room.description}`}
    </p>
  )
}

function PanelButton({ which, icon, label }: { which: Panel; icon: IconName; label: string }): VNode {
  const open = panel.value === which
  return (
    <button
      type="button"
      class={open ? `icon-button is-on panel-${which}` : `icon-button panel-${which}`}
      aria-label={label}
      title={label}
      aria-expanded={open}
      onClick={() => togglePanel(which)}
    >
      <Icon name={icon} />
    </button>
  )
}

function acts(room: JoinedRoom, name: string) {
  const { role } = room.membership
  const quiet = quietRooms.peek().includes(room.id)
  const group = room.kind === 'group'
  const runs = role === 'owner' || role === 'admin'
  return [
    isPhone() && { icon: 'pin' as const, label: t('pins'), onPick: () => togglePanel('pins') },
    group &&
      (runs || !room.is_private) && {
        icon: 'add' as const,
        label: t('invite.title'),
        onPick: () => (dialog.value = { kind: 'invite', roomId: room.id }),
      },
    {
      icon: quiet ? ('bell' as const) : ('bellOff' as const),
      label: t(quiet ? 'rooms.loud' : 'rooms.quiet'),
      onPick: () => (quietRooms.value = quiet ? quietRooms.peek().filter((id) => id !== room.id) : [...quietRooms.peek(), room.id]),
    },
    {
      icon: 'link' as const,
      label: t('message.copyLink'),
      onPick: () => void navigator.clipboard.writeText(location.origin + roomPath(room.id)).then(() => say(t('message.linkCopied'))),
    },
    group &&
      runs && {
        icon: 'gear' as const,
        label: t('room.settings'),
        onPick: () => (dialog.value = { kind: 'room-settings', roomId: room.id }),
      },
    group &&
      role !== 'owner' && {
        icon: 'leave' as const,
        label: t('room.leave'),
        onPick: () =>
          ask({
            title: t('room.leaveTitle', { name }),
            text: t('room.leaveText'),
            act: t('room.leaveAct'),
            onYes: () => tea.api.leave_room({ room_id: room.id }).then(() => go('/')),
          }),
      },
  ]
}
