/** The window's title and badge: how many mentions and direct messages wait. */
import { computed, effect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { route } from '../model/route.ts'
import { watch } from '../model/tea.ts'
import { quietRooms } from '../model/view-state.ts'
import { roomName } from '../room/room-name.ts'

/** What asks for me by name: mentions, and what was said to me directly. */
const waiting = computed(() => {
  if (!watch('totals').value.unread) return 0
  let count = 0
  for (const id of watch('rooms').value) {
    const room = watch(`room:${id}`).value
    if (!room) continue
    const { unread_count: unread, mention_count: mentions } = room.membership
    count += room.kind === 'direct' && !quietRooms.value.includes(id) ? unread : mentions
  }
  return count
})

export function useTitle(): void {
  useEffect(() => {
    const stop = effect(() => {
      const at = route.value
      const room = at.page === 'room' ? watch(`room:${at.roomId}`).value : undefined
      const count = waiting.value
      document.title = `${count ? `(${count}) ` : ''}${room ? `${roomName(room)} · ` : ''}${t('teahouse')}`
      if ('setAppBadge' in navigator) void navigator.setAppBadge(count).catch(() => undefined)
    })
    return () => {
      stop()
      document.title = t('teahouse')
    }
  }, [])
}
