/** Where one stands without a room: newcomers make their first one here, others are told where to go. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { go, roomPath } from '../model/route.ts'
import { me, tea, watch } from '../model/tea.ts'
import { Problem } from '../account/sign-page.tsx'
import { Field } from '../ui/field.tsx'
import { Mark } from '../ui/icon.tsx'
import { Away } from './away.tsx'
import { PublicRooms } from './directory.tsx'
import { isMac } from './shortcuts.ts'

export function Home(): VNode {
  const rooms = watch('rooms').value
  const known = watch('connection').value.phase === 'live' || rooms.length > 0
  if (!known) return <Away />
  return rooms.length ? <Choose /> : <FirstSteps />
}

function Choose(): VNode {
  const [before = '', after = ''] = t('home.choose', { keys: '\u0000' }).split('\u0000')
  return (
    <div class="page page-centre soft">
      <Mark size={56} />
      <p>
        {before}
        <kbd>{isMac ? '⌘K' : 'Ctrl+K'}</kbd>
        {after}
      </p>
    </div>
  )
}

function FirstSteps(): VNode {
  const name = useSignal('')
  const form = useForm(async () => {
    const room = await tea.api.create_room({ name: name.peek() })
    go(roomPath(room.id))
  })
  return (
    <div class="page">
      <div class="page-inner">
        <header class="page-head">
          <h1 dir="auto">{t('home.title', { name: me().display_name })}</h1>
          <p class="soft">{t('home.lead')}</p>
        </header>
        <form class="first-room" onSubmit={form.onSubmit} noValidate>
          <Field
            label={t('home.name')}
            placeholder={t('new.namePlaceholder')}
            value={name}
            error={form.error('name')}
            maxLength={64}
            autoFocus
            required
          />
          <button type="submit" class="button button-main" disabled={form.busy || !name.value.trim()}>
            {t('new.make')}
          </button>
        </form>
        <Problem form={form} />
        <PublicRooms />
      </div>
    </div>
  )
}
