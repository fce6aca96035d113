/** Reactions under a message; a crowd of them folds. */
import { useSignal } from '@preact/signals'
import type { Message } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { dialog } from '../model/view-state.ts'
import { Icon } from '../ui/icon.tsx'
import { toggleReaction } from './message-acts.ts'

const SHOWN = 12

export function Reactions({ message }: { message: Message }): VNode {
  const all = useSignal(false)
  const shown = all.value ? message.reactions : message.reactions.slice(0, SHOWN)
  const rest = message.reactions.length - shown.length
  return (
    <div class="reactions">
      {shown.map(({ emoji, count, me }) => (
        <button
          type="button"
          key={emoji}
          class={me ? 'reaction is-mine' : 'reaction'}
          aria-pressed={me}
          aria-label={t('message.reaction', { emoji, n: count })}
          onClick={() => toggleReaction(message, emoji)}
        >
          <span class="reaction-emoji">{emoji}</span> {count}
        </button>
      ))}
      {rest > 0 && (
        <button type="button" class="reaction" onClick={() => (all.value = true)}>
          {t('message.moreReactions', { n: rest })}
        </button>
      )}
      <button
        type="button"
        class="reaction reaction-add"
        aria-label={t('message.addReaction')}
        title={t('message.addReaction')}
        onClick={() => (dialog.value = { kind: 'react', message })}
      >
        <Icon name="smile" size={15} />
      </button>
    </div>
  )
}
