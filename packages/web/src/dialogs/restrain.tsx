/** Muting and banning: for how long, and why. */
import { useSignal } from '@preact/signals'
import type { Member, User } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { Problem } from '../account/sign-page.tsx'
import { t } from '../i18n/i18n.ts'
import { useForm } from '../model/form.ts'
import { tea } from '../model/tea.ts'
import { closeDialog } from '../model/view-state.ts'
import { nameOf } from '../room/room-name.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, Field } from '../ui/field.tsx'

const LENGTHS = { '10m': 600, '1h': 3_600, '1d': 86_400, '7d': 604_800, forever: Infinity } as const
type Length = keyof typeof LENGTHS
const CENTURY_S = 100 * 365 * 86_400

const untilTime = (length: Length) =>
  LENGTHS[length] === Infinity ? null : new Date(tea.serverNow() + LENGTHS[length] * 1_000).toISOString()

function HowLong({ value, onPick }: { value: Length; onPick: (length: Length) => void }): VNode {
  const options = (Object.keys(LENGTHS) as Length[]).map((length) => ({ value: length, label: t(`member.${length}`) }))
  return <Choice label={t('member.howLong')} value={value} options={options} onPick={onPick} />
}

export function Mute({ open: { roomId, member } }: { open: { roomId: string; member: Member } }): VNode {
  const length = useSignal<Length>('1h')
  const form = useForm(async () => {
    // a mute without an end is one that nobody lives to see the end of: null would lift it
    const until = untilTime(length.peek()) ?? new Date(tea.serverNow() + CENTURY_S * 1_000).toISOString()
    await tea.api.update_member({ room_id: roomId, user_id: member.user.id, muted_until: until })
    closeDialog()
  })
  return (
    <Dialog title={t('member.muteTitle', { name: nameOf(member.user) })} onClose={closeDialog}>
      <form class="form" onSubmit={form.onSubmit}>
        <p class="soft">{t('member.muteText')}</p>
        <HowLong value={length.value} onPick={(next) => (length.value = next)} />
        <Problem form={form} />
        <Buttons act={t('member.mute').replace(/…$/, '')} busy={form.busy} />
      </form>
    </Dialog>
  )
}

export function Ban({ open: { roomId, user } }: { open: { roomId: string; user: User } }): VNode {
  const length = useSignal<Length>('forever')
  const why = useSignal('')
  const form = useForm(async () => {
    await tea.api.ban_user({ room_id: roomId, user_id: user.id, until: untilTime(length.peek()), reason: why.peek().trim() || null })
    closeDialog()
  })
  return (
    <Dialog title={t('member.banTitle', { name: nameOf(user) })} onClose={closeDialog}>
      <form class="form" onSubmit={form.onSubmit}>
        <p class="soft">{t('member.banText')}</p>
        <HowLong value={length.value} onPick={(next) => (length.value = next)} />
        <Field label={`${t('member.banReason')} (${t('optional')})`} value={why} error={form.error('reason')} maxLength={500} />
        <Problem form={form} />
        <Buttons act={t('member.banAct')} busy={form.busy} bad />
      </form>
    </Dialog>
  )
}

function Buttons({ act, busy, bad = false }: { act: string; busy: boolean; bad?: boolean }): VNode {
  return (
    <div class="row row-end">
      <button type="button" class="button" onClick={closeDialog}>
        {t('cancel')}
      </button>
      <button type="submit" class={bad ? 'button button-bad' : 'button button-main'} disabled={busy}>
        {act}
      </button>
    </div>
  )
}
