/** The panel at the side. On a phone it covers the room and is a step in the history, so that going back closes it. */
import { signal } from '@preact/signals'
import { stepsPanel } from './route.ts'

export type Panel = 'members' | 'pins' | 'search'
/** What is open; another room begins without it where it would lie over the room. */
export const panel = signal<Panel | null>(null)

export const isPhone = (): boolean => matchMedia('(max-width: 719px)').matches
const liesOver = () => matchMedia('(max-width: 1099px)').matches

export function showPanel(next: Panel | null): void {
  panel.value = next
  const step = stepsPanel()
  if (next && (step || isPhone())) history[step ? 'replaceState' : 'pushState']({ panel: next }, '')
  else if (step) history.back()
}
export const togglePanel = (which: Panel): void => showPanel(panel.peek() === which ? null : which)

/** After a walk elsewhere: where the panel lies over the room, only a step of its own keeps it open. */
export function settlePanel(): void {
  if (liesOver()) panel.value = stepsPanel() as Panel | null
}

/** Follows the back button; within one room nothing else would tell. */
export const followPanel = (): void => window.addEventListener('popstate', settlePanel)
