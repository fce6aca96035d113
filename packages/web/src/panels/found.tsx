/** A message outside its timeline: in pins and search results, with the way back to its place. */
import type { Message } from '@teahouse/sdk'
import type { ComponentChildren, VNode } from 'preact'
import { exactTime, shortTime } from '../i18n/times.ts'
import { settlePanel } from '../model/panel.ts'
import { go, roomPath } from '../model/route.ts'
import { nameOf } from '../room/room-name.ts'

export function Found({ message, room, children }: { message: Message; room?: string | undefined; children: ComponentChildren }): VNode {
  const show = () => {
    go(roomPath(message.room_id, message.seq))
    settlePanel()
  }
  return (
    <li>
      <button type="button" class="found" onClick={show}>
        <span class="found-head">
          <b dir="auto">{nameOf(message.sender)}</b>
          {room && (
            <span class="soft ellipsis" dir="auto">
              {room}
            </span>
          )}
          <time class="soft" dateTime={message.created_at} title={exactTime(message.created_at)}>
            {shortTime(message.created_at)}
          </time>
        </span>
        <span class="found-text" dir="auto">
          {children}
        </span>
      </button>
    </li>
  )
}
