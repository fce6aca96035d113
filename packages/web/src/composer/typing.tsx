/** Who is writing here, in one line that is always there so that nothing moves. */
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { watch } from '../model/tea.ts'
import { displayName } from '../room/room-name.ts'

export function Typing({ roomId }: { roomId: string }): VNode {
  const names = watch(`typing:${roomId}`)
    .value.map((id) => watch(`user:${id}`).value)
    .filter((user) => user !== undefined)
    .map(displayName)
  const [a = '', b = ''] = names
  const line =
    names.length > 2 ? t('typing.many') : names.length === 2 ? t('typing.two', { a, b }) : names.length ? t('typing.one', { a }) : ''
  return (
    <span class="typing" aria-live="polite">
      {line}
    </span>
  )
}
