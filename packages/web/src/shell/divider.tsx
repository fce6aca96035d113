/** The edge between list and conversation: dragged, or moved with arrows. */
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { listWidth } from '../model/view-state.ts'

const NARROW = 200
const WIDE = 420

export function Divider(): VNode {
  const set = (width: number) => (listWidth.value = Math.round(Math.max(NARROW, Math.min(WIDE, width))))
  const drag = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement
    handle.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent) => set(moved.clientX)
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', () => handle.removeEventListener('pointermove', move), { once: true })
  }
  return (
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label={t('resize')}
      aria-valuenow={listWidth.value}
      aria-valuemin={NARROW}
      aria-valuemax={WIDE}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') set(listWidth.peek() - 20)
        if (event.key === 'ArrowRight') set(listWidth.peek() + 20)
      }}
    />
  )
}
