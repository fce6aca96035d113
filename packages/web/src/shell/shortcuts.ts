/** Keys that work everywhere. */
import { useEffect } from 'preact/hooks'
import { panel, showPanel, togglePanel } from '../model/panel.ts'
import { go, roomPath, route } from '../model/route.ts'
import { tea } from '../model/tea.ts'
import { dialog } from '../model/view-state.ts'

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

export function useShortcuts(): void {
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const act = actFor(event)
  if (!act) return
  event.preventDefault()
  act()
}

function actFor(event: KeyboardEvent): (() => void) | null {
  const control = isMac ? event.metaKey : event.ctrlKey
  const key = event.key.toLowerCase()
  if (control && !event.altKey && key === 'k')
    return () => (dialog.value = dialog.peek()?.kind === 'switcher' ? null : { kind: 'switcher' })
  if (dialog.peek()) return null
  if (control && event.shiftKey && key === 'f') return () => togglePanel('search')
  if (control && event.shiftKey && key === 'm') return () => togglePanel('members')
  if (control && key === '/') return () => (dialog.value = { kind: 'shortcuts' })
  if (event.altKey && !control && (event.key === 'ArrowUp' || event.key === 'ArrowDown'))
    return () => step(event.key === 'ArrowUp' ? -1 : 1, event.shiftKey)
  if (event.key === 'Escape' && panel.peek() && !typing(event.target)) return () => showPanel(null)
  if (control || event.altKey || typing(event.target)) return null
  if (event.key === '?') return () => (dialog.value = { kind: 'shortcuts' })
  if (event.key.length === 1 && event.target === document.body) return startTyping(event.key)
  return null
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:input|textarea|select)$/i.test(target.tagName))

/** The room before or after this one in the list; only those with something unread when so wanted. */
function step(by: 1 | -1, unread: boolean): void {
  const rooms = tea.view('rooms')
  const at = route.peek()
  const here = at.page === 'room' ? rooms.indexOf(at.roomId) : -1
  for (let next = here + by, tried = 0; tried < rooms.length; next += by, tried++) {
    const id = rooms.at(next % rooms.length)
    if (!id || (unread && !tea.view(`room:${id}`)?.membership.unread_count)) continue
    return go(roomPath(id))
  }
}

/** Whoever begins to type means the composer. */
function startTyping(letter: string): (() => void) | null {
  const field = document.querySelector<HTMLTextAreaElement>('#composer')
  if (!field || field.disabled) return null
  return () => {
    field.focus()
    field.setRangeText(letter, field.selectionStart, field.selectionEnd, 'end')
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  }
}
