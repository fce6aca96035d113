/** The column at the right: members, pins or search. On a phone it lies over the room. */
import type { VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { watch } from '../model/tea.ts'
import { type Panel, showPanel } from '../model/panel.ts'
import { Icon } from '../ui/icon.tsx'
import { Members } from './members.tsx'
import { Pins } from './pins.tsx'
import { SearchPanel } from './search.tsx'

const TITLES = { members: 'members', pins: 'pins', search: 'search' } as const

export function SidePanel({ roomId, which }: { roomId: string; which: Panel }): VNode | null {
  const room = watch(`room:${roomId}`).value
  const head = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (which !== 'search') head.current?.querySelector('button')?.focus()
    return () => backTo(which)
  }, [])
  if (!room) return null
  const title = t(TITLES[which])
  return (
    <aside class="side" aria-label={title}>
      <header class="side-head" ref={head}>
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label={t('close')} title={t('close')} onClick={() => showPanel(null)}>
          <Icon name="close" />
        </button>
      </header>
      {which === 'members' ? <Members room={room} /> : which === 'pins' ? <Pins roomId={roomId} /> : <SearchPanel room={room} />}
    </aside>
  )
}

/** To the button that opened it; where there is none, its act is in the menu beside. */
function backTo(which: Panel): void {
  const button = document.querySelector<HTMLElement>(`.panel-${which}`)
  const shown = button?.checkVisibility() ? button : document.querySelector<HTMLElement>('.room-head [aria-haspopup]')
  shown?.focus()
}
