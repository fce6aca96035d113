/** My own corner: name, presence, settings, the way out. */
import type { VNode } from 'preact'
import { drafts } from '../composer/drafts.ts'
import { t } from '../i18n/i18n.ts'
import { choosePresence, chosenPresence, PRESENCES, seenPresence } from '../model/presence.ts'
import { isAway } from '../model/reach.ts'
import { go } from '../model/route.ts'
import { me, tea, watch } from '../model/tea.ts'
import { dialog } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { MenuButton } from '../ui/menu.tsx'

export function Me(): VNode {
  const mine = me()
  const status = chosenPresence(mine.id)
  const away = isAway(watch('connection').value)
  const signOut = () => {
    drafts.forgetAll()
    go('/')
    void tea.logout()
  }
  return (
    <footer class="me">
      <MenuButton
        class="me-button"
        named
        label={t('me.menu', { name: mine.display_name })}
        items={() => [
          ...PRESENCES.map((one) => ({
            label: t(`presence.${one}`),
            checked: status === one,
            onPick: () => choosePresence(mine.id, one),
          })),
          { icon: 'gear', label: t('settings'), onPick: () => (dialog.value = { kind: 'settings' }) },
          { icon: 'keyboard', label: t('shortcuts'), keys: '?', onPick: () => (dialog.value = { kind: 'shortcuts' }) },
          { icon: 'leave', label: t('signOut'), onPick: signOut },
        ]}
      >
        <Avatar of={mine} size={32} presence={away ? 'offline' : seenPresence(mine.id)} />
        <span class="me-text">
          <span class="ellipsis" dir="auto">
            {mine.display_name}
          </span>
          <small class="ellipsis" dir="auto">
            {away ? t('presence.offline') : mine.status_text || t(`presence.${status}`)}
          </small>
        </span>
        <Icon name="more" />
      </MenuButton>
    </footer>
  )
}
