/** Making a room. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { PasswordField, Problem } from '../account/sign-page.tsx'
import { t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { go, roomPath } from '../model/route.ts'
import { tea } from '../model/tea.ts'
import { closeDialog } from '../model/view-state.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, Field } from '../ui/field.tsx'

export function NewRoom(): VNode {
  const name = useSignal('')
  const description = useSignal('')
  const who = useSignal<'public' | 'private'>('public')
  const password = useSignal('')
  const form = useForm(async () => {
    const isPrivate = who.peek() === 'private'
    const room = await tea.api.create_room({
      name: name.peek(),
      is_private: isPrivate,
      ...(description.peek().trim() && { description: description.peek().trim() }),
      ...(isPrivate && password.peek() && { password: password.peek() }),
    })
    closeDialog()
    go(roomPath(room.id))
  })
  return (
    <Dialog title={t('new.title')} onClose={closeDialog}>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <Field
          label={t('new.name')}
          placeholder={t('new.namePlaceholder')}
          value={name}
          error={form.error('name')}
          maxLength={64}
          autoFocus
          required
        />
        <Field label={`${t('new.description')} (${t('optional')})`} value={description} error={form.error('description')} maxLength={500} />
        <Choice
          label={t('new.who')}
          value={who.value}
          options={[
            { value: 'public', label: t('new.public'), hint: t('new.publicHint') },
            { value: 'private', label: t('new.private'), hint: t('new.privateHint') },
          ]}
          onPick={(next) => (who.value = next)}
        />
        {who.value === 'private' && (
          <PasswordField
            label={`${t('new.password')} (${t('optional')})`}
            hint={t('new.passwordHint')}
            value={password}
            error={form.error('password')}
            autoComplete="new-password"
          />
        )}
        <Problem form={form} />
        <div class="row row-end">
          <button type="button" class="button" onClick={closeDialog}>
            {t('cancel')}
          </button>
          <button type="submit" class="button button-main" disabled={form.busy || !name.value.trim()}>
            {t('new.make')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
