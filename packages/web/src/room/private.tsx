/** The small lock of a private room, with its meaning in words. */
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { Icon } from '../ui/icon.tsx'

export function Private({ size }: { size: number }): VNode {
  return (
    <span class="private" title={t('room.private')}>
      <Icon name="lock" size={size} />
      <span class="unseen">{t('room.private')}</span>
    </span>
  )
}
