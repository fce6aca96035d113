/** What is open on this screen: dialogs, the panel at the side, short notes that go by themselves. */
import { signal } from '@preact/signals'
import { ChatError, type Member, type Message, type User } from '@teahouse/sdk'
import { type Key, t } from '../i18n/i18n.ts'
import { remembered } from './remembered.ts'

export type Ask = {
  kind: 'ask'
  title: string
  text: string
  /** The verb of the button. */
  act: string
  bad?: boolean
  /** Must be typed before the button works. */
  typed?: string
  onYes: () => Promise<unknown>
}
export type Dialog =
  | { kind: 'new-room' }
  | { kind: 'new-direct' }
  | { kind: 'switcher' }
  | { kind: 'shortcuts' }
  | { kind: 'settings'; tab?: 'profile' | 'appearance' | 'security' | 'sessions' }
  | { kind: 'room-settings'; roomId: string }
  | { kind: 'invite'; roomId: string }
  | { kind: 'ban'; roomId: string; user: User }
  | { kind: 'mute'; roomId: string; member: Member }
  | { kind: 'react'; message: Message }
  | Ask

export const dialog = signal<Dialog | null>(null)
export const closeDialog = (): void => void (dialog.value = null)
export const ask = (question: Omit<Ask, 'kind'>): void => void (dialog.value = { kind: 'ask', ...question })

export const theme = remembered<'light' | 'dark' | null>('theme', null)
/** Rooms whose messages do not raise a notification. */
export const quietRooms = remembered<string[]>('quiet-rooms', [])
export const notificationsOn = remembered('notifications', false)
export const listWidth = remembered('list-width', 260)

export type Note = { id: number; text: string; bad: boolean; details: string | null }
export const notes = signal<Note[]>([])
let noteId = 0

export function say(text: string, { bad = false, details = null }: { bad?: boolean; details?: string | null } = {}): void {
  const id = ++noteId
  notes.value = [...notes.peek().slice(-2), { id, text, bad, details }]
  setTimeout(() => dismiss(id), bad ? 8_000 : 3_000)
}
export const dismiss = (id: number): void => void (notes.value = notes.peek().filter((note) => note.id !== id))

/** Why an act did not work, in the reader's language. */
export function reason(error: unknown): string {
  if (!(error instanceof ChatError)) return t('error.internal_error')
  const wait = error.retryAfterMs
  if (wait && (error.code === 'rate_limited' || error.code === 'slow_mode')) return t('error.wait', { n: Math.ceil(wait / 1000) })
  return t(`error.${error.code}` as Key)
}

export function sayError(error: unknown): void {
  if (!(error instanceof ChatError)) console.error(error)
  say(reason(error), { bad: true, details: error instanceof ChatError ? (error.requestId ?? null) : null })
}

/** Runs an act; a refusal becomes a note. Answers whether it worked. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    sayError(error)
    return false
  }
}
