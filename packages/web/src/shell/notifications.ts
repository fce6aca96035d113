/** Desktop notifications for what asks for me while I look elsewhere. */
import type { Notification as Told } from '@teahouse/sdk'
import { useEffect } from 'preact/hooks'
import { go, roomPath, route } from '../model/route.ts'
import { tea } from '../model/tea.ts'
import { notificationsOn, quietRooms } from '../model/view-state.ts'
import { displayName, roomName } from '../room/room-name.ts'
import { plain } from '../text/parse.ts'

export function useNotifications(): void {
  useEffect(() => tea.on('notification', ({ notification }) => void show(notification)), [])
}

/** Whether the browser lets us; asks when it was never asked. */
export async function allowNotifications(): Promise<boolean> {
  if (!('Notification' in globalThis)) return false
  return (Notification.permission === 'default' ? await Notification.requestPermission() : Notification.permission) === 'granted'
}

async function show(told: Told): Promise<void> {
  if (!notificationsOn.peek() || !('Notification' in globalThis) || Notification.permission !== 'granted') return
  const room = told.room_id ? tea.view(`room:${told.room_id}`) : undefined
  if (!room || quietRooms.peek().includes(room.id)) return
  const at = route.peek()
  if (document.hasFocus() && at.page === 'room' && at.roomId === room.id) return
  const message = told.message_id ? (tea.findMessage(room.id, told.message_id) ?? room.last_message) : null
  const who = message ? displayName(message.sender) : ''
  const title = room.kind === 'direct' ? roomName(room) : [who, roomName(room)].filter(Boolean).join(' · ')
  const address = roomPath(room.id, message?.seq)
  // the same tag in all tabs: one notification, whichever shows it
  const options = { body: message?.state === 'sent' ? plain(message.content, 120) : '', tag: told.id, icon: '/icon-192.png', data: address }
  const worker = await navigator.serviceWorker?.getRegistration()
  if (worker) return worker.showNotification(title, options)
  new Notification(title, options).addEventListener('click', () => {
    window.focus()
    go(address)
  })
}
