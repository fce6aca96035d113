/** My own corner: name, presence, settings, the way out. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { drafts } from '../composer/drafts.ts'
import { t } from '../i18n/i18n.ts'
import { go } from '../model/route.ts'
import { me, tea } from '../model/tea.ts'
import { dialog } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { MenuButton } from '../ui/menu.tsx'

export function Me(): VNode {
  const mine = me()
  const status = useSignal<'online' | 'away' | 'busy' | 'invisible'>('online')
  const choose = (next: typeof status.value) => () => {
    status.value = next
    tea.setPresence(next)
  }
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
          ...(['online', 'away', 'busy', 'invisible'] as const).map((one) => ({
            label: t(`presence.${one}`),
            checked: status.peek() === one,
            onPick: choose(one),
          })),
          { icon: 'gear', label: t('settings'), onPick: () => (dialog.value = { kind: 'settings' }) },
          { icon: 'keyboard', label: t('shortcuts'), keys: '?', onPick: () => (dialog.value = { kind: 'shortcuts' }) },
          { icon: 'leave', label: t('signOut'), onPick: signOut },
        ]}
      >
        <Avatar of={mine} size={32} presence={status.value === 'invisible' ? 'offline' : status.value} />
        <span class="me-text">
          <span class="ellipsis" dir="auto">
            {mine.display_name}
          </span>
          <small class="ellipsis" dir="auto">
            {mine.status_text || t(`presence.${status.value}`)}
          </small>
        </span>
        <Icon name="more" />
      </MenuButton>
    </footer>
  )
}
