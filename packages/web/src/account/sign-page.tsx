/** The door: creating an account, or signing in. Behind an invitation it shows first where the way leads. */
import { type Signal, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { chosenLanguage, type Key, language, t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { go, route } from '../model/route.ts'
import { tea, watch } from '../model/tea.ts'
import { Field } from '../ui/field.tsx'
import { Icon, Mark } from '../ui/icon.tsx'
import { InvitePreview } from './invite.tsx'

export function SignPage(): VNode {
  const at = route.value
  const mode = useSignal<'in' | 'up'>(startsWith(at.page))
  useEffect(() => {
    if (at.page === 'sign-in' || at.page === 'sign-up') mode.value = startsWith(at.page)
  }, [at.page])
  const other = mode.value === 'up' ? 'in' : 'up'
  const swap = () => {
    mode.value = other
    if (at.page !== 'invite' && at.page !== 'room') go(`/sign-${other}`)
  }
  return (
    <main class="door">
      <div class="door-inner">
        <header class="door-head">
          <Mark size={52} />
          <p class="door-name">{t('teahouse')}</p>
        </header>
        {at.page === 'invite' ? <InvitePreview code={at.code} /> : <Welcome up={mode.value === 'up'} />}
        <SignedOutReason />
        {mode.value === 'up' ? <SignUp /> : <SignIn />}
        <p class="door-other">
          {t(other === 'in' ? 'signUp.old' : 'signIn.new')}{' '}
          <button type="button" class="link" onClick={swap}>
            {t(other === 'in' ? 'signIn' : 'signUp')}
          </button>
        </p>
      </div>
      <footer class="door-foot">
        <button
          type="button"
          class="link"
          lang={language.value === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => (chosenLanguage.value = language.value === 'zh' ? 'en' : 'zh')}
        >
          {language.value === 'zh' ? 'English' : '中文'}
        </button>
      </footer>
    </main>
  )
}

/** Who was here before probably has an account. */
function startsWith(page: string): 'in' | 'up' {
  if (page === 'sign-in') return 'in'
  if (page === 'sign-up') return 'up'
  const session = watch('session').peek()
  return session.status === 'signed_out' && session.reason !== 'never' ? 'in' : 'up'
}

function Welcome({ up }: { up: boolean }): VNode {
  return (
    <div class="door-welcome">
      <h1>{t(up ? 'signUp.title' : 'signIn.title')}</h1>
      <p>{t(up ? 'signUp.lead' : 'tagline')}</p>
    </div>
  )
}

function SignedOutReason(): VNode | null {
  const session = watch('session').value
  if (session.status !== 'signed_out' || session.reason === 'never' || session.reason === 'logout') return null
  return (
    <p class="notice" role="status">
      {t(`signedOut.${session.reason}` as Key)}
    </p>
  )
}

const CLOSED = { forbidden: 'signUp.closed' } as const

function SignUp(): VNode {
  const username = useSignal('')
  const email = useSignal('')
  const password = useSignal('')
  const form = useForm(async () => {
    await tea.register({ username: username.peek().trim(), email: email.peek().trim(), password: password.peek() })
  }, CLOSED)
  return (
    <form class="form" onSubmit={form.onSubmit} noValidate>
      <Field
        label={t('signUp.username')}
        hint={t('signUp.usernameHint')}
        value={username}
        error={form.error('username')}
        autoComplete="username"
        autoCapitalize="none"
        spellcheck={false}
        maxLength={32}
        required
        autoFocus
      />
      <Field
        label={t('signUp.email')}
        hint={t('signUp.emailHint')}
        value={email}
        error={form.error('email')}
        type="email"
        autoComplete="email"
        required
      />
      <PasswordField
        label={t('signUp.password')}
        hint={t('signUp.passwordHint')}
        value={password}
        error={form.error('password')}
        autoComplete="new-password"
      />
      <Problem form={form} />
      <button type="submit" class="button button-main button-wide" disabled={form.busy}>
        {t('signUp')}
      </button>
    </form>
  )
}

function SignIn(): VNode {
  const login = useSignal('')
  const password = useSignal('')
  const form = useForm(async () => {
    await tea.login({ login: login.peek().trim(), password: password.peek() })
  })
  return (
    <form class="form" onSubmit={form.onSubmit} noValidate>
      <Field
        label={t('signIn.login')}
        value={login}
        error={form.error('login')}
        autoComplete="username"
        autoCapitalize="none"
        spellcheck={false}
        required
        autoFocus
      />
      <PasswordField label={t('signIn.password')} value={password} error={form.error('password')} autoComplete="current-password" />
      <Problem form={form} />
      <button type="submit" class="button button-main button-wide" disabled={form.busy}>
        {t('signIn')}
      </button>
    </form>
  )
}

type PasswordProps = {
  label: string
  value: Signal<string>
  hint?: string
  error?: string | undefined
  autoComplete: 'new-password' | 'current-password'
}

export function PasswordField(props: PasswordProps): VNode {
  const shown = useSignal(false)
  return (
    <div class="password">
      <Field {...props} type={shown.value ? 'text' : 'password'} maxLength={128} required />
      <button
        type="button"
        class="password-show"
        aria-pressed={shown.value}
        aria-label={t('signUp.showPassword')}
        title={t('signUp.showPassword')}
        onClick={() => (shown.value = !shown.value)}
      >
        <Icon name={shown.value ? 'eyeOff' : 'eye'} />
      </button>
    </div>
  )
}

/** What is wrong with the form as a whole; the request's number is there for whoever asks. */
export function Problem({ form }: { form: { problem: string | null; requestId: string | null } }): VNode | null {
  if (!form.problem) return null
  return (
    <div class="notice notice-bad" role="alert">
      {form.problem}
      {form.requestId && (
        <details>
          <summary>{t('details')}</summary>
          {t('requestId', { id: form.requestId })}
        </details>
      )}
    </div>
  )
}
