/** What an invitation leads to: shown before anybody signs in, and taken as soon as somebody has. */
import { useSignal } from '@preact/signals'
import { ChatError, type InvitedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { go, roomPath } from '../model/route.ts'
import { tea } from '../model/tea.ts'
import { reason } from '../model/view-state.ts'
import { Mark } from '../ui/icon.tsx'

function useInvite(code: string) {
  const invited = useSignal<InvitedRoom | null>(null)
  const failure = useSignal<unknown>(null)
  useEffect(() => {
    const call = new AbortController()
    tea.api.get_invite({ code }, { signal: call.signal }).then(
      (found) => (invited.value = found),
      (error: unknown) => !call.signal.aborted && (failure.value = error),
    )
    return () => call.abort()
  }, [code])
  return { invited: invited.value, failure: failure.value }
}

/** The room behind the link, as far as it is told to strangers. */
function InvitedTo({ invited }: { invited: InvitedRoom }): VNode {
  return (
    <>
      <p>{t('invite.toRoom')}</p>
      <h1 dir="auto">{invited.room.name}</h1>
      {invited.room.description && <p dir="auto">{invited.room.description}</p>}
      <p class="soft">{t('invite.people', { n: invited.room.member_count })}</p>
    </>
  )
}

/** Above the form at the door. */
export function InvitePreview({ code }: { code: string }): VNode {
  const { invited, failure } = useInvite(code)
  return (
    <div class="door-welcome">
      {failure ? <p class="notice notice-bad">{reason(failure)}</p> : invited ? <InvitedTo invited={invited} /> : <h1>{'\u00a0'}</h1>}
      {invited && <p class="soft">{t('invite.signUpFirst')}</p>}
    </div>
  )
}

/** For those who are signed in: a look, then one click. Whoever came to sign up because of it walks straight in. */
export function InvitePage({ code, straightIn }: { code: string; straightIn: boolean }): VNode {
  const { invited, failure } = useInvite(code)
  const problem = useSignal<unknown>(null)
  const busy = useSignal(false)
  const join = () => {
    busy.value = true
    tea.api
      .join_by_invite({ code })
      .then((room) => go(roomPath(room.id), 'replace'))
      .catch((error: unknown) => {
        if (error instanceof ChatError && error.code === 'already_a_member' && invited) go(roomPath(invited.room.id), 'replace')
        else problem.value = error
      })
      .finally(() => (busy.value = false))
  }
  useEffect(() => {
    if (invited && straightIn) join()
  }, [invited])
  const wrong = problem.value ?? failure
  return (
    <main class="page page-centre">
      <div class="card card-centre">
        <Mark size={40} />
        {invited && <InvitedTo invited={invited} />}
        {wrong ? (
          <p class="notice notice-bad" role="alert">
            {reason(wrong)}
          </p>
        ) : null}
        {invited && (
          <button type="button" class="button button-main" disabled={busy.value} onClick={join}>
            {t('invite.accept')}
          </button>
        )}
        {wrong ? <a href="/">{t('rooms.mine')}</a> : null}
      </div>
    </main>
  )
}
