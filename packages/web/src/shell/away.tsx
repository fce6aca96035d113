/** In place of what is not known without a connection: when it will be there, and what waits to be sent. */
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { isAway } from '../model/reach.ts'
import { watch } from '../model/tea.ts'
import { plain } from '../text/plain.ts'
import { Icon, Mark } from '../ui/icon.tsx'

/** Nothing at all while it is still likely to come at once. */
export function Away({ roomId }: { roomId?: string }): VNode {
  const waiting = watch(`outbox:${roomId ?? ''}`).value
  if (!isAway(watch('connection').value)) return <div class="page" />
  return (
    <div class="page page-centre soft">
      <Mark size={56} />
      <p>{t('net.roomsLater')}</p>
      {waiting.length > 0 && (
        <section class="waiting">
          <h2>
            <Icon name="clock" size={12} /> {t('message.queued')}
          </h2>
          <ul>
            {waiting.map(({ client_id, content }) => (
              <li key={client_id} dir="auto">
                {plain(content, 200)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
