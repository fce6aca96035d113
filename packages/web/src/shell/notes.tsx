/** Short notes at the foot of the window; refusals stay longer. Read out politely. */
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { dismiss, notes } from '../model/view-state.ts'
import { Icon } from '../ui/icon.tsx'

export function Notes(): VNode {
  return (
    <div class="notes" role="status" aria-live="polite">
      {notes.value.map((note) => (
        <div key={note.id} class={note.bad ? 'note note-bad' : 'note'}>
          <span>
            {note.text}
            {note.details && (
              <details>
                <summary>{t('details')}</summary>
                {t('requestId', { id: note.details })}
              </details>
            )}
          </span>
          <button type="button" class="icon-button" aria-label={t('dismiss')} onClick={() => dismiss(note.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
