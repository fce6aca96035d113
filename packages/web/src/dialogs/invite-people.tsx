/** Bringing people in: by a link, or by name. */
import { useSignal } from '@preact/signals'
import type { Invite } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { exactTime } from '../i18n/times.ts'
import { tea, watch } from '../model/tea.ts'
import { attempt, closeDialog, say } from '../model/view-state.ts'
import { PeopleSearch } from '../people/people-search.tsx'
import { displayName } from '../room/room-name.ts'
import { Dialog } from '../ui/dialog.tsx'

const EXPIRES = { '1h': 3_600, '1d': 86_400, '7d': 604_800, never: null } as const
type Expires = keyof typeof EXPIRES

/** The link as this page would open it, whatever address the server believes to have. */
const linkOf = ({ code }: Invite) => `${location.origin}/invite/${code}`
const copyLink = (invite: Invite) => navigator.clipboard.writeText(linkOf(invite)).then(() => say(t('message.linkCopied')))

export function InvitePeople({ open: { roomId } }: { open: { roomId: string } }): VNode {
  const room = watch(`room:${roomId}`).value
  const runs = room?.membership.role !== 'member'
  const invites = useSignal<Invite[]>([])
  const made = useSignal<Invite | null>(null)
  const expires = useSignal<Expires>('7d')
  const load = () => tea.api.list_invites({ room_id: roomId }).then(({ items }) => (invites.value = items))
  useEffect(() => void (runs && load().catch(() => undefined)), [roomId])
  const make = () =>
    attempt(async () => {
      made.value = await tea.api.create_invite({ room_id: roomId, expires_in_s: EXPIRES[expires.peek()] })
      await copyLink(made.value).catch(() => undefined)
      if (runs) await load()
    })
  const withdraw = (invite: Invite) =>
    attempt(async () => {
      await tea.api.withdraw_invite({ room_id: roomId, code: invite.code })
      if (made.peek()?.code === invite.code) made.value = null
      await load()
    })
  const older = invites.value.filter(({ code }) => code !== made.value?.code)
  return (
    <Dialog title={t('invite.title')} onClose={closeDialog}>
      <section class="form">
        <p class="soft">{t('invite.linkHint')}</p>
        {made.value ? (
          <div class="field">
            <label for="invite-link">{t('invite.link')}</label>
            <div class="row">
              <input id="invite-link" readOnly value={linkOf(made.value)} onFocus={(event) => event.currentTarget.select()} />
              <button type="button" class="button button-main" onClick={() => made.value && void copyLink(made.value)}>
                {t('copy')}
              </button>
            </div>
          </div>
        ) : (
          <div class="row row-bottom">
            <div class="field">
              <label for="invite-expires">{t('invite.expires')}</label>
              <select
                id="invite-expires"
                value={expires.value}
                onChange={(event) => (expires.value = event.currentTarget.value as Expires)}
              >
                <option value="1h">{t('invite.after1h')}</option>
                <option value="1d">{t('invite.after1d')}</option>
                <option value="7d">{t('invite.after7d')}</option>
                <option value="never">{t('never')}</option>
              </select>
            </div>
            <button type="button" class="button button-main" autoFocus onClick={() => void make()}>
              {t('invite.make')}
            </button>
          </div>
        )}
      </section>
      {runs && (
        <section class="form">
          <h3>{t('invite.byName')}</h3>
          <PeopleSearch
            label={t('invite.byName')}
            without={[]}
            onPick={(user) =>
              void attempt(() =>
                tea.api.add_member({ room_id: roomId, user_id: user.id }).then(() => say(t('invite.added', { name: displayName(user) }))),
              )
            }
          />
        </section>
      )}
      {older.length > 0 && (
        <section class="form">
          <h3>{t('invite.existing')}</h3>
          <ul class="plain-list">
            {older.map((invite) => (
              <li key={invite.code}>
                <span>
                  <code>{invite.code}</code>
                  <small class="soft">
                    {invite.max_uses
                      ? t('invite.usedOf', { used: invite.uses, max: invite.max_uses })
                      : t('invite.used', { n: invite.uses })}
                    {' · '}
                    {invite.expires_at ? t('invite.expiresAt', { time: exactTime(invite.expires_at) }) : t('invite.neverExpires')}
                  </small>
                </span>
                <button type="button" class="link" onClick={() => void copyLink(invite)}>
                  {t('copy')}
                </button>
                <button type="button" class="link bad" onClick={() => void withdraw(invite)}>
                  {t('invite.withdraw')}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  )
}
