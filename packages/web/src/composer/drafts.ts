/** What was begun and not sent, by room; it survives a reload. */
import { type Signal, signal } from '@preact/signals'

const KEY = 'teahouse:draft:'
const known = new Map<string, Signal<string>>()

function draftOf(roomId: string): Signal<string> {
  let draft = known.get(roomId)
  if (!draft) {
    let kept = ''
    try {
      kept = localStorage.getItem(KEY + roomId) ?? ''
    } catch {
      // storage is forbidden: drafts last as long as the page
    }
    known.set(roomId, (draft = signal(kept)))
  }
  return draft
}

export const drafts = {
  read: (roomId: string): string => draftOf(roomId).value,
  peek: (roomId: string): string => draftOf(roomId).peek(),
  write(roomId: string, text: string): void {
    draftOf(roomId).value = text
    try {
      if (text.trim()) localStorage.setItem(KEY + roomId, text)
      else localStorage.removeItem(KEY + roomId)
    } catch {
      // as above
    }
  },
  /** Somebody else may sign in here next. */
  forgetAll(): void {
    for (const roomId of known.keys()) this.write(roomId, '')
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(KEY)) localStorage.removeItem(key)
    } catch {
      // as above
    }
  },
}
