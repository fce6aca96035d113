/** A room from inside: its head, what was said, and where to write. */
import { useSignal } from '@preact/signals'
import type { JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { Composer } from '../composer/composer.tsx'
import type { Task, TimelineControl } from '../timeline/contact.ts'
import { Timeline } from '../timeline/timeline.tsx'
import { tea } from '../model/tea.ts'
import { RoomHead } from './room-head.tsx'

export function Conversation({ room }: { room: JoinedRoom }): VNode {
  const task = useSignal<Task>(null)
  const control = useMemo<TimelineControl>(() => ({ toEnd: () => {}, markRead: () => {}, editLast: () => {}, focusMessages: () => {} }), [])
  useEffect(() => () => tea.closeTimeline(room.id), [room.id])
  return (
    <section class="conversation">
      <RoomHead room={room} />
      <Timeline room={room} control={control} onTask={(next) => (task.value = next)} />
      <Composer room={room} task={task} timeline={control} />
    </section>
  )
}
