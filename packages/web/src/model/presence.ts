/** How I want to be seen: kept on this device for each person, so that nobody who hid is shown after a reload. */
import { effect } from '@preact/signals'
import type { PresenceStatus } from '@teahouse/sdk'
import type { Presence } from '../people/avatar.tsx'
import { remembered } from './remembered.ts'
import { tea, watch } from './tea.ts'

export const PRESENCES = ['online', 'away', 'busy', 'invisible'] as const satisfies readonly PresenceStatus[]

const kept = remembered<Partial<Record<string, PresenceStatus>>>('presence', {})

export const chosenPresence = (userId: string): PresenceStatus => kept.value[userId] ?? 'online'
/** As others see it: whoever is invisible looks as if they were not there. */
export const seenPresence = (userId: string): Presence => {
  const chosen = chosenPresence(userId)
  return chosen === 'invisible' ? 'offline' : chosen
}
export const choosePresence = (userId: string, status: PresenceStatus): void => void (kept.value = { ...kept.peek(), [userId]: status })

/** Tells it before the connection is there, and again when it changes, also in another tab. */
export function keepPresence(): void {
  effect(() => {
    const session = watch('session').value
    if (session.status === 'signed_in') tea.setPresence(chosenPresence(session.user.id))
  })
}
