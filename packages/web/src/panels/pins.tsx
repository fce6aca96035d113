/** What was pinned in this room. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { tea, watch } from '../model/tea.ts'
import { reason } from '../model/view-state.ts'
import { plain } from '../text/plain.ts'
import { Found } from './found.tsx'

export function Pins({ roomId }: { roomId: string }): VNode {
  const list = watch(`pins:${roomId}`).value
  const failure = useSignal<unknown>(null)
  const load = (which: 'first' | 'next') =>
    void tea.loadPins(roomId, which).then(
      () => (failure.value = null),
      (error: unknown) => (failure.value = error),
    )
  useEffect(() => {
    if (!list || list.stale) load('first')
  }, [list?.stale ?? true])
  return (
    <div class="side-body">
      {failure.value ? <p class="notice notice-bad">{reason(failure.value)}</p> : null}
      {list?.items.length === 0 && <p class="soft side-empty">{t('pins.none')}</p>}
      <ul class="found-list">
        {list?.items.map((message) => (
          <Found key={message.id} message={message}>
            {plain(message.content, 300) || message.attachments[0]?.name}
          </Found>
        ))}
      </ul>
      {list?.next_cursor && (
        <button type="button" class="button" onClick={() => load('next')}>
          {t('loadMore')}
        </button>
      )}
    </div>
  )
}
