/** What owner and admins decide about a room. */
import { useSignal } from '@preact/signals'
import type { Ban, JoinedRoom } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { PasswordField, Problem } from '../account/sign-page.tsx'
import { t } from '../i18n/i18n.ts'
import { duration, exactTime } from '../i18n/times.ts'
import { useForm } from '../model/form.ts'
import { go } from '../model/route.ts'
import { tea, watch } from '../model/tea.ts'
import { ask, attempt, closeDialog, reason, say } from '../model/view-state.ts'
import { Avatar } from '../people/avatar.tsx'
import { displayName } from '../room/room-name.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, Field, TextField } from '../ui/field.tsx'
import { Tabs } from '../ui/tabs.tsx'

type Tab = 'general' | 'access' | 'bans'

export function RoomSettings({ open: { roomId } }: { open: { roomId: string } }): VNode | null {
  const room = watch(`room:${roomId}`).value
  const tab = useSignal<Tab>('general')
  useEffect(() => {
    if (!room) closeDialog()
  }, [room === undefined])
  if (!room) return null
  const tabs: { key: Tab; label: string }[] = [
    { key: 'general', label: t('set.general') },
    { key: 'access', label: t('set.access') },
    { key: 'bans', label: t('set.bans') },
  ]
  return (
    <Dialog title={t('room.settings')} onClose={closeDialog} size="wide">
      <Tabs label={t('room.settings')} tabs={tabs} open={tab.value} onOpen={(next) => (tab.value = next)}>
        {tab.value === 'general' ? <General room={room} /> : tab.value === 'access' ? <Access room={room} /> : <Bans roomId={roomId} />}
      </Tabs>
    </Dialog>
  )
}

const SLOW = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600]

function General({ room }: { room: JoinedRoom }): VNode {
  const name = useSignal(room.name)
  const description = useSignal(room.description ?? '')
  const slow = useSignal(room.slow_mode_s)
  const form = useForm(async () => {
    await tea.api.update_room({
      room_id: room.id,
      name: name.peek(),
      description: description.peek().trim() || null,
      slow_mode_s: slow.peek(),
    })
    say(t('saved'))
  })
  const steps = SLOW.includes(slow.value) ? SLOW : [...SLOW, slow.value].toSorted((a, b) => a - b)
  return (
    <>
      <form class="form" onSubmit={form.onSubmit} noValidate>
        <Field label={t('new.name')} value={name} error={form.error('name')} maxLength={64} required />
        <TextField label={t('new.description')} value={description} error={form.error('description')} maxLength={500} />
        <div class="field">
          <label for="slow-mode">{t('set.slow')}</label>
          <select
            id="slow-mode"
            value={slow.value}
            aria-describedby="slow-note"
            onChange={(event) => (slow.value = Number(event.currentTarget.value))}
          >
            {steps.map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds ? duration(seconds) : t('set.slowOff')}
              </option>
            ))}
          </select>
          <p class="field-hint" id="slow-note">
            {t('set.slowHint')}
          </p>
        </div>
        <Problem form={form} />
        <div class="row row-end">
          <button type="submit" class="button button-main" disabled={form.busy}>
            {t('save')}
          </button>
        </div>
      </form>
      {room.membership.role === 'owner' && (
        <div class="the-end">
          <button type="button" class="button button-bad-quiet" onClick={() => askToDelete(room)}>
            {t('set.delete')}
          </button>
        </div>
      )}
    </>
  )
}

const askToDelete = (room: JoinedRoom) =>
  ask({
    title: t('set.deleteTitle', { name: room.name }),
    text: t('set.deleteText'),
    act: t('set.delete'),
    bad: true,
    typed: room.name,
    onYes: () => tea.api.delete_room({ room_id: room.id }).then(() => go('/')),
  })

function Access({ room }: { room: JoinedRoom }): VNode {
  const who = useSignal<'public' | 'private'>(room.is_private ? 'private' : 'public')
  const password = useSignal('')
  const removes = useSignal(false)
  const places = useSignal(String(room.max_members))
  const form = useForm(async () => {
    const isPrivate = who.peek() === 'private'
    const change =
      removes.peek() || (!isPrivate && room.has_password) ? { password: null } : password.peek() ? { password: password.peek() } : {}
    await tea.api.update_room({ room_id: room.id, is_private: isPrivate, max_members: Number(places.peek()), ...change })
    password.value = ''
    removes.value = false
    say(t('saved'))
  })
  return (
    <form class="form" onSubmit={form.onSubmit} noValidate>
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
        <>
          <PasswordField
            label={t(room.has_password ? 'set.changePassword' : 'new.password')}
            hint={room.has_password ? t('set.hasPassword') : t('new.passwordHint')}
            value={password}
            error={form.error('password')}
            autoComplete="new-password"
          />
          {room.has_password && (
            <label class="choice-option">
              <input type="checkbox" checked={removes.value} onChange={(event) => (removes.value = event.currentTarget.checked)} />
              <span>{t('set.removePassword')}</span>
            </label>
          )}
        </>
      )}
      <Field
        label={t('set.maxMembers')}
        value={places}
        error={form.error('max_members')}
        type="number"
        min={room.member_count}
        inputMode="numeric"
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

function Bans({ roomId }: { roomId: string }): VNode {
  const bans = useSignal<Ban[] | null>(null)
  const failure = useSignal<unknown>(null)
  const load = () =>
    tea.api.list_bans({ room_id: roomId, limit: 100 }).then(
      ({ items }) => void (bans.value = items),
      (error: unknown) => void (failure.value = error),
    )
  useEffect(() => void load(), [roomId])
  return (
    <div class="form">
      {failure.value ? <p class="notice notice-bad">{reason(failure.value)}</p> : null}
      {bans.value?.length === 0 && <p class="soft">{t('set.noBans')}</p>}
      <ul class="plain-list">
        {bans.value?.map(({ user, until, reason: why }) => (
          <li key={user.id}>
            <Avatar of={user} size={28} />
            <span dir="auto">
              {displayName(user)}
              <small class="soft">
                {until ? t('set.until', { time: exactTime(until) }) : t('member.forever')}
                {why && ` · ${why}`}
              </small>
            </span>
            <button
              type="button"
              class="link"
              onClick={() => void attempt(() => tea.api.unban_user({ room_id: roomId, user_id: user.id })).then(load)}
            >
              {t('set.unban')}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
