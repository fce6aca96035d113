/** My settings: profile, appearance, password, sessions. */
import { useSignal } from '@preact/signals'
import type { Device } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { PasswordField, Problem } from '../account/sign-page.tsx'
import { chosenLanguage, t } from '../i18n/i18n.ts'
import { exactTime } from '../i18n/times.ts'
import { useForm } from '../model/form.ts'
import { me, tea } from '../model/tea.ts'
import { attempt, closeDialog, notificationsOn, reason, say, theme } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { allowNotifications } from '../shell/notifications.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, Field } from '../ui/field.tsx'
import { Tabs } from '../ui/tabs.tsx'

const TABS = ['profile', 'appearance', 'security', 'sessions'] as const
type Tab = (typeof TABS)[number]

export function Settings({ open }: { open: { tab?: Tab } }): VNode {
  const tab = useSignal<Tab>(open.tab ?? 'profile')
  return (
    <Dialog title={t('settings')} onClose={closeDialog} size="wide">
      <Tabs
        label={t('settings')}
        tabs={TABS.map((one) => ({ key: one, label: t(`me.${one}`) }))}
        open={tab.value}
        onOpen={(next) => (tab.value = next)}
      >
        {tab.value === 'profile' ? (
          <Profile />
        ) : tab.value === 'appearance' ? (
          <Appearance />
        ) : tab.value === 'security' ? (
          <Security />
        ) : (
          <Sessions />
        )}
      </Tabs>
    </Dialog>
  )
}

function Profile(): VNode {
  const mine = me()
  const name = useSignal(mine.display_name)
  const status = useSignal(mine.status_text ?? '')
  const form = useForm(async () => {
    await tea.api.update_me({ display_name: name.peek(), status_text: status.peek().trim() || null })
    say(t('saved'))
  })
  return (
    <form class="form" onSubmit={form.onSubmit} noValidate>
      <div class="profile-head">
        <Avatar of={{ id: mine.id, display_name: name.value || mine.display_name }} size={56} />
        <p class="soft">
          @{mine.username}
          <br />
          {mine.email}
        </p>
      </div>
      <Field
        label={t('me.displayName')}
        hint={t('me.displayNameHint')}
        value={name}
        error={form.error('display_name')}
        maxLength={64}
        autoComplete="nickname"
        required
      />
      <Field
        label={t('me.status')}
        placeholder={t('me.statusPlaceholder')}
        value={status}
        error={form.error('status_text')}
        maxLength={200}
      />
      <Problem form={form} />
      <div class="row row-end">
        <button type="submit" class="button button-main" disabled={form.busy}>
          {t('save')}
        </button>
      </div>
    </form>
  )
}

function Appearance(): VNode {
  const denied = useSignal(false)
  const notify = async (on: boolean) => {
    const allowed = on && (await allowNotifications())
    denied.value = on && !allowed
    notificationsOn.value = allowed
  }
  return (
    <div class="form">
      <Choice
        label={t('me.theme')}
        value={theme.value ?? 'system'}
        options={[
          { value: 'system', label: t('me.themeSystem') },
          { value: 'light', label: t('me.themeLight') },
          { value: 'dark', label: t('me.themeDark') },
        ]}
        onPick={(next) => (theme.value = next === 'system' ? null : next)}
      />
      <Choice
        label={t('me.language')}
        value={chosenLanguage.value ?? 'browser'}
        options={[
          { value: 'browser', label: t('me.languageSystem') },
          { value: 'en', label: 'English' },
          { value: 'zh', label: '简体中文' },
        ]}
        onPick={(next) => (chosenLanguage.value = next === 'browser' ? null : next)}
      />
      <fieldset class="choice">
        <legend>{t('me.notifications')}</legend>
        <label class="choice-option">
          <input type="checkbox" checked={notificationsOn.value} onChange={(event) => void notify(event.currentTarget.checked)} />
          <span>{t('me.notify')}</span>
        </label>
        {denied.value && (
          <p class="field-error" role="alert">
            {t('me.notifyDenied')}
          </p>
        )}
      </fieldset>
    </div>
  )
}

function Security(): VNode {
  const current = useSignal('')
  const next = useSignal('')
  const form = useForm(async () => {
    await tea.api.change_password({ current_password: current.peek(), new_password: next.peek() })
    current.value = next.value = ''
    say(t('me.passwordChanged'))
  })
  return (
    <>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <PasswordField
          label={t('me.currentPassword')}
          value={current}
          error={form.error('current_password')}
          autoComplete="current-password"
        />
        <PasswordField
          label={t('me.newPassword')}
          hint={t('signUp.passwordHint')}
          value={next}
          error={form.error('new_password')}
          autoComplete="new-password"
        />
        <Problem form={form} />
        <div class="row row-end">
          <button type="submit" class="button button-main" disabled={form.busy || !current.value || !next.value}>
            {t('me.changePassword')}
          </button>
        </div>
      </form>
      <DeleteAccount />
    </>
  )
}

function DeleteAccount(): VNode {
  const password = useSignal('')
  const form = useForm(async () => {
    await tea.api.delete_me({ password: password.peek() })
    closeDialog()
    await tea.logout()
  })
  return (
    <details class="the-end">
      <summary>{t('me.delete')}</summary>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <p>{t('me.deleteText')}</p>
        <PasswordField label={t('me.currentPassword')} value={password} error={form.error('password')} autoComplete="current-password" />
        <Problem form={form} />
        <div class="row row-end">
          <button type="submit" class="button button-bad" disabled={form.busy || !password.value}>
            {t('me.deleteAct')}
          </button>
        </div>
      </form>
    </details>
  )
}

function Sessions(): VNode {
  const devices = useSignal<Device[] | null>(null)
  const failure = useSignal<unknown>(null)
  const load = () =>
    tea.api.list_sessions().then(
      ({ items }) => void (devices.value = items),
      (error: unknown) => void (failure.value = error),
    )
  useEffect(() => void load(), [])
  return (
    <div class="form">
      {failure.value ? <p class="notice notice-bad">{reason(failure.value)}</p> : null}
      <ul class="plain-list">
        {devices.value?.map((device) => (
          <li key={device.id}>
            <span>
              {deviceName(device.user_agent)}
              <small class="soft">
                {device.current ? t('me.thisSession') : t('me.lastUsed', { time: exactTime(device.last_used_at) })}
                {device.address && ` · ${device.address}`}
              </small>
            </span>
            {!device.current && (
              <button
                type="button"
                class="link bad"
                onClick={() => void attempt(() => tea.api.end_session({ session_id: device.id })).then(load)}
              >
                {t('me.endSession')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['HeadlessChrome', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['Linux', 'Linux'],
] as const

/** “Firefox, Windows”: enough to know one's own devices again. */
function deviceName(agent: string | null): string {
  if (!agent) return t('me.unknownDevice')
  const named = [BROWSERS, SYSTEMS].map((list) => list.find(([sign]) => agent.includes(sign))?.[1]).filter(Boolean)
  return named.join(', ') || agent.slice(0, 40)
}
