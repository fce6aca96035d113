/** One question before something that is hard to undo; for the hardest, its name must be typed. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { Problem } from '../account/sign-page.tsx'
import { t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { type Ask, closeDialog } from '../model/view-state.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'

export function AskDialog({ question }: { question: Ask }): VNode {
  const typed = useSignal('')
  const form = useForm(async () => {
    await question.onYes()
    closeDialog()
  })
  const sure = !question.typed || typed.value.trim() === question.typed.trim()
  return (
    <Dialog title={question.title} onClose={closeDialog}>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <p>{question.text}</p>
        {question.typed && <Field label={t('set.confirmLabel', { name: question.typed })} value={typed} autoFocus autoComplete="off" />}
        <Problem form={form} />
        <div class="row row-end">
          <button type="button" class="button" onClick={closeDialog}>
            {t('cancel')}
          </button>
          <button
            type="submit"
            class={question.bad ? 'button button-bad' : 'button button-main'}
            disabled={form.busy || !sure}
            autoFocus={!question.typed}
          >
            {question.act}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
