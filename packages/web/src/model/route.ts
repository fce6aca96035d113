/** The address of the page as a value, and ways to go elsewhere without loading anything. */
import { signal } from '@preact/signals'

export type Route =
  | { page: 'home' }
  | { page: 'directory' }
  | { page: 'sign-in' }
  | { page: 'sign-up' }
  /** `seq`: the message that a link points to. */
  | { page: 'room'; roomId: string; seq: number | null }
  | { page: 'invite'; code: string }

export function readRoute(path: string): Route {
  const [, first = '', second = '', third = ''] = path.split('/')
  if (first === 'rooms' && second) return { page: 'room', roomId: second.toLowerCase(), seq: /^\d+$/.test(third) ? Number(third) : null }
  if (first === 'invite' && second) return { page: 'invite', code: decode(second) }
  if (first === 'directory' || first === 'sign-in' || first === 'sign-up') return { page: first }
  return { page: 'home' }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const route = signal<Route>(readRoute(location.pathname))

/** The panel whose step in the history this is, if it is one. */
export const stepsPanel = (): string | null => (history.state as { panel?: string } | null)?.panel ?? null

/** Whoever goes on from a panel that covers the room comes back to the room, not to the panel. */
export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  const step = stepsPanel() !== null
  if (path !== location.pathname || step) history[how === 'push' && !step ? 'pushState' : 'replaceState'](null, '', path)
  route.value = readRoute(path)
}

export const roomPath = (roomId: string, seq?: number) => (seq ? `/rooms/${roomId}/${seq}` : `/rooms/${roomId}`)

/** Follows the back button, and turns clicks on our own links into walks without a load. */
export function followLinks(): void {
  window.addEventListener('popstate', () => (route.value = readRoute(location.pathname)))
  window.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target || link.origin !== location.origin || !/^\/(?:$|rooms|invite|directory|sign-)/.test(link.pathname)) return
    event.preventDefault()
    go(link.pathname)
  })
}
