/** Desktop notifications for what asks for me while I look elsewhere: mentions, and what is said to me alone. */
import type { JoinedRoom, Message } from '@teahouse/sdk'
import { useEffect } from 'preact/hooks'
import { go, roomPath, route } from '../model/route.ts'
import { me, tea } from '../model/tea.ts'
import { notificationsOn, quietRooms } from '../model/view-state.ts'
import { displayName, roomName } from '../room/room-name.ts'
import { plain } from '../text/plain.ts'

/** What was said longer ago is caught up with by reading, not by a row of notifications. */
const FRESH_MS = 60_000

export function useNotifications(): void {
  useEffect(() => tea.on('message_sent', ({ message }) => void tell(message)), [])
}

/** Whether the browser lets us; asks when it was never asked. */
export async function allowNotifications(): Promise<boolean> {
  if (!('Notification' in globalThis)) return false
  return (Notification.permission === 'default' ? await Notification.requestPermission() : Notification.permission) === 'granted'
}

async function tell(message: Message): Promise<void> {
  if (!notificationsOn.peek() || !('Notification' in globalThis) || Notification.permission !== 'granted') return
  const room = tea.view(`room:${message.room_id}`)
  if (!room || !asksForMe(message, room)) return
  const who = displayName(message.sender)
  const title = room.kind === 'direct' ? who : `${who} · ${roomName(room)}`
  const address = roomPath(room.id, message.seq)
  // the same tag in all tabs: one notification, whichever shows it
  const options = { body: plain(message.content, 120), tag: message.id, icon: '/icon-192.png', data: address }
  const worker = await navigator.serviceWorker?.getRegistration()
  if (worker) return worker.showNotification(title, options)
  new Notification(title, options).addEventListener('click', () => {
    window.focus()
    go(address)
  })
}

function asksForMe(message: Message, room: JoinedRoom): boolean {
  const mine = me().id
  if (message.sender.id === mine || message.state !== 'sent' || quietRooms.peek().includes(room.id)) return false
  if (room.kind !== 'direct' && !message.mentions.includes(mine)) return false
  if (tea.serverNow() - Date.parse(message.created_at) > FRESH_MS) return false
  const at = route.peek()
  return !(document.hasFocus() && at.page === 'room' && at.roomId === room.id)
}
