/** Talking to one person, or to a few. */
import { useSignal } from '@preact/signals'
import { FIXED_LIMITS, type User } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { Problem } from '../account/sign-page.tsx'
import { t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { go, roomPath } from '../model/route.ts'
import { me, tea } from '../model/tea.ts'
import { closeDialog } from '../model/view-state.ts'
import { PeopleSearch } from '../people/people-search.tsx'
import { displayName } from '../room/room-name.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'

export function NewDirect(): VNode {
  const chosen = useSignal<User[]>([])
  const form = useForm(async () => {
    const room = await tea.api.open_direct_room({ user_ids: chosen.peek().map(({ id }) => id) })
    closeDialog()
    go(roomPath(room.id))
  })
  const full = chosen.value.length >= FIXED_LIMITS.directRoom
  return (
    <Dialog title={t('direct.title')} onClose={closeDialog}>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <p class="soft">{t('direct.hint')}</p>
        {chosen.value.length > 0 && (
          <ul class="chosen">
            {chosen.value.map((user) => (
              <li key={user.id}>
                <span dir="auto">{displayName(user)}</span>
                <button
                  type="button"
                  aria-label={`${t('remove')}: ${displayName(user)}`}
                  onClick={() => (chosen.value = chosen.peek().filter((one) => one !== user))}
                >
                  <Icon name="close" size={12} />
                </button>
              </li>
            ))}
          </ul>
        )}
        {!full && (
          <PeopleSearch
            label={t('direct.who')}
            autoFocus
            without={[me().id, ...chosen.value.map(({ id }) => id)]}
            onPick={(user) => (chosen.value = [...chosen.peek(), user])}
          />
        )}
        <Problem form={form} />
        <div class="row row-end">
          <button type="button" class="button" onClick={closeDialog}>
            {t('cancel')}
          </button>
          <button type="submit" class="button button-main" disabled={form.busy || !chosen.value.length}>
            {t('direct.start')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
