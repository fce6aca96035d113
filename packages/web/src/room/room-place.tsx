/** What an address of a room leads to: the conversation, the way in, or a sentence about why there is none. */
import { useSignal } from '@preact/signals'
import { ChatError, type SeenRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Problem, PasswordField } from '../account/sign-page.tsx'
import { type Key, t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { tea, watch } from '../model/tea.ts'
import { reason } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { Away } from '../shell/away.tsx'
import { joinOnce } from '../shell/directory.tsx'
import { Mark } from '../ui/icon.tsx'
import { Conversation } from './conversation.tsx'
import { roomName } from './room-name.ts'

export function RoomPlace({ roomId }: { roomId: string }): VNode {
  const room = watch(`room:${roomId}`).value
  const departure = watch(`departure:${roomId}`).value
  const known = watch('connection').value.phase === 'live'
  if (room) return <Conversation room={room} />
  if (departure)
    return (
      <Gone
        name={roomName(departure.room)}
        reason={departure.reason ?? 'unseen'}
        back={departure.reason === 'left' && !departure.room.is_private ? roomId : null}
      />
    )
  return known ? <Outside roomId={roomId} /> : <Away roomId={roomId} />
}

function Gone({ name, reason: why, back }: { name: string; reason: string; back: string | null }): VNode {
  return (
    <div class="page page-centre">
      <div class="card card-centre" role="alert">
        <Mark size={40} />
        <h1 dir="auto">{t(`gone.${why}` as Key, { name })}</h1>
        {watch('rooms').value.length > 0 && <p class="soft">{t('gone.next')}</p>}
        <div class="row">
          {back && <JoinForm roomId={back} asksPassword={false} />}
          <a class="button" href="/directory">
            {t('rooms.browse')}
          </a>
        </div>
      </div>
    </div>
  )
}

/** A room I am not in: looked at from outside, as far as it shows itself. */
function Outside({ roomId }: { roomId: string }): VNode {
  const seen = useSignal<SeenRoom | null>(null)
  const failure = useSignal<unknown>(null)
  useEffect(() => {
    const call = new AbortController()
    tea.api.get_room({ room_id: roomId }, { signal: call.signal }).then(
      (room) => (seen.value = room),
      (error: unknown) => !call.signal.aborted && (failure.value = error),
    )
    return () => call.abort()
  }, [roomId])
  const room = seen.value
  if (room) return <Invitation room={room} />
  if (!failure.value) return <div class="page" />
  const unknown = failure.value instanceof ChatError && ['room_not_found', 'validation_failed', 'not_found'].includes(failure.value.code)
  return unknown ? <Unknown /> : <p class="notice notice-bad">{reason(failure.value)}</p>
}

function Invitation({ room }: { room: SeenRoom }): VNode {
  return (
    <div class="page page-centre">
      <div class="card card-centre">
        <Avatar of={{ id: room.id, display_name: room.name }} size={56} />
        <h1 dir="auto">{room.name}</h1>
        {room.description && <p dir="auto">{room.description}</p>}
        <p class="soft">{t('room.members', { n: room.member_count })}</p>
        <JoinForm roomId={room.id} asksPassword={room.has_password} />
      </div>
    </div>
  )
}

function JoinForm({ roomId, asksPassword }: { roomId: string; asksPassword: boolean }): VNode {
  const password = useSignal('')
  const form = useForm(() => joinOnce(roomId, password.peek()))
  return (
    <form class={asksPassword ? 'form' : undefined} onSubmit={form.onSubmit} noValidate>
      {asksPassword && (
        <PasswordField
          label={t('room.password')}
          hint={t('room.passwordNeeded')}
          value={password}
          error={form.error('password')}
          autoComplete="current-password"
        />
      )}
      <Problem form={form} />
      <button type="submit" class="button button-main" disabled={form.busy || (asksPassword && !password.value)}>
        {t('room.join')}
      </button>
    </form>
  )
}

/** A private room without a password does not say that it exists. */
function Unknown(): VNode {
  return (
    <div class="page page-centre">
      <div class="card card-centre">
        <Mark size={40} />
        <h1>{t('room.unknownTitle')}</h1>
        <p class="soft">{t('room.unknownText')}</p>
        <a href="/">{t('rooms.mine')}</a>
      </div>
    </div>
  )
}
