/** The house inside: rooms on the left, the conversation, and what belongs to it on the right. One column at a time on phones. */
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { panel, settlePanel } from '../model/panel.ts'
import { route } from '../model/route.ts'
import { listWidth } from '../model/view-state.ts'
import { LatePanel } from '../panels/late-panel.tsx'
import { RoomPlace } from '../room/room-place.tsx'
import { Banner } from './banner.tsx'
import { Directory } from './directory.tsx'
import { Home } from './home.tsx'
import { RoomList } from './room-list.tsx'
import { useShortcuts } from './shortcuts.ts'
import { useTitle } from './title.ts'
import { useNotifications } from './notifications.ts'

export function Shell(): VNode {
  useShortcuts()
  useTitle()
  useNotifications()
  const at = route.value
  const room = at.page === 'room' ? at.roomId : null
  useEffect(settlePanel, [room])
  return (
    <div class={`shell at-${at.page}`} style={{ '--list-width': `${listWidth.value}px` }}>
      {room && (
        <a class="skip" href="#composer" onClick={skipTo}>
          {t('skip')}
        </a>
      )}
      <RoomList />
      <main class="place">
        <Banner />
        {room ? <RoomPlace key={room} roomId={room} /> : at.page === 'directory' ? <Directory /> : <Home />}
      </main>
      {room && panel.value && <LatePanel key={`${room}-${panel.value}`} roomId={room} which={panel.value} />}
    </div>
  )
}

function skipTo(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('.scroll')?.focus()
}
