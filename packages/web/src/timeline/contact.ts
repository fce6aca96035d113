/** What timeline and composer know of each other, and what a row of the timeline knows of its surroundings. */
import type { Message, Role } from '@teahouse/sdk'

/** What the composer is busy with besides a new message. */
export type Task = { kind: 'reply' | 'edit'; message: Message } | null

/** What others may ask of the timeline. */
export type TimelineControl = {
  toEnd: () => void
  /** Everything is read; the line goes. */
  markRead: () => void
  editLast: () => void
  focusMessages: () => void
}

export type RowContext = {
  roomId: string
  meId: string
  role: Role
  direct: boolean
  onTask: (task: Task) => void
  jumpTo: (seq: number) => void
  /** A row is about to change its height: this edge of it stays where it is seen. */
  keep: (rowKey: string, edge: 'top' | 'bottom') => void
}
