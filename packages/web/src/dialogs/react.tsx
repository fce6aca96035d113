/** Choosing a reaction. */
import type { Message } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { LatePicker } from '../emoji/late-picker.tsx'
import { t } from '../i18n/i18n.ts'
import { closeDialog } from '../model/view-state.ts'
import { toggleReaction } from '../timeline/message-acts.ts'
import { Dialog } from '../ui/dialog.tsx'

export function React({ message }: { message: Message }): VNode {
  return (
    <Dialog title={t('message.addReaction')} onClose={closeDialog} size="small">
      <LatePicker
        onPick={(emoji) => {
          closeDialog()
          toggleReaction(message, emoji)
        }}
      />
    </Dialog>
  )
}
