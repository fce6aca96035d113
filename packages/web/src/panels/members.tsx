/** Who is in the room: those who are here first, then by name. */
import { useSignal } from '@preact/signals'
import type { JoinedRoom, Member } from '@teahouse/sdk'
import type { VNode } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { drafts } from '../composer/drafts.ts'
import { t } from '../i18n/i18n.ts'
import { untilTime } from '../i18n/times.ts'
import { isPhone, showPanel } from '../model/panel.ts'
import { seenPresence } from '../model/presence.ts'
import { go, roomPath } from '../model/route.ts'
import { me, tea, watch } from '../model/tea.ts'
import { ask, attempt, dialog, reason } from '../model/view-state.ts'
import { Avatar, type Presence } from '../people/avatar.tsx'
import { isCalled } from '../people/called.ts'
import { displayName, nameOf } from '../room/room-name.ts'
import { Icon } from '../ui/icon.tsx'
import { type MenuItem, MenuButton } from '../ui/menu.tsx'

/** Rows that are drawn at first, and how many more each time somebody wants more. */
const STEP = 100
export function Members({ room }: { room: JoinedRoom }): VNode {
  const list = watch(`members:${room.id}`).value
  const query = useSignal('')
  const failure = useSignal<unknown>(null)
  const busy = useSignal(false)
  const most = useSignal(STEP)
  const load = (which: 'first' | 'next') => {
    busy.value = true
    tea
      .loadMembers(room.id, which)
      .then(
        () => (failure.value = null),
        (error: unknown) => (failure.value = error),
      )
      .finally(() => (busy.value = false))
  }
  useEffect(() => {
    if (!list || list.stale) load('first')
  }, [list?.stale ?? true])
  const q = query.value.trim().replace(/^@/, '')
  const isWhole = Boolean(list && !list.next_cursor)
  const found = useFound(room.id, isWhole ? '' : q)
  const all = useMemo(() => {
    const both = [...found.items, ...(list?.items ?? [])] // the list knows of every change, so it has the last word
    return [...new Map(both.map((member) => [member.user.id, member])).values()].toSorted(byRankAndName)
  }, [list?.items, found.items])
  const sure = new Set(found.known ? found.items.map(({ user }) => user.id) : [])
  const shown = q ? all.filter(({ user }) => sure.has(user.id) || isCalled(watch(`user:${user.id}`).value ?? user, q)) : all
  const here = shown.filter((member) => presenceOf(member) !== 'offline')
  const away = shown.filter((member) => presenceOf(member) === 'offline')
  const problem = failure.value ?? found.failure
  const looking = !problem && (!list || (!isWhole && q !== '' && !found.known))
  const next = q ? (isWhole ? null : found.next) : list?.next_cursor
  const showMore = () => {
    most.value += STEP
    if (shown.length >= most.peek() || !next) return
    if (q) found.more(next)
    else load('next')
  }
  return (
    <div class="side-body">
      {room.member_count > 12 && (
        <div class="search-field">
          <Icon name="search" size={16} />
          <input
            type="search"
            aria-label={t('members.filter')}
            placeholder={t('members.filter')}
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value
              most.value = STEP
            }}
          />
        </div>
      )}
      {problem ? <p class="notice notice-bad">{reason(problem)}</p> : null}
      <Group title={t('members.online')} members={here} most={most.value} room={room} />
      <Group title={t('members.offline')} members={away} most={most.value - here.length} room={room} />
      {looking && (
        <p class="soft side-empty side-looking" role="status">
          {t('loading')}
        </p>
      )}
      {q && !shown.length && !looking && !problem && (
        <p class="soft side-empty" role="status">
          {t('members.nobody')}
        </p>
      )}
      {(shown.length > most.value || next) && !looking && (
        <button type="button" class="button" disabled={busy.value} onClick={showMore}>
          {t('loadMore')}
        </button>
      )}
    </div>
  )
}

/** What may change of somebody who was found. */
const CHANGES = ['member_role_changed', 'member_muted', 'member_kicked', 'user_left_room'] as const
const PAUSE_MS = 200
const NOBODY: Member[] = []
type Found = { q: string; items: Member[]; next: string | null }

/** Members of that name, from the server; nobody for no name. Those of the name before stay until the next ones are known. */
function useFound(roomId: string, q: string) {
  const found = useSignal<Found>({ q: '', items: [], next: null })
  const failure = useSignal<unknown>(null)
  const changes = useSignal(0)
  const asking = useRef<AbortController>(undefined)
  const ask = async (cursor?: string) => {
    asking.current?.abort()
    const { signal } = (asking.current = new AbortController())
    try {
      const page = await tea.api.list_members({ room_id: roomId, q, limit: STEP, ...(cursor && { cursor }) }, { signal })
      found.value = { q, items: [...(cursor ? found.peek().items : []), ...page.items], next: page.next_cursor }
      failure.value = null
    } catch (error) {
      if (!signal.aborted) failure.value = error
    }
  }
  useEffect(() => {
    failure.value = null
    if (!q) return
    const timer = setTimeout(() => void ask(), PAUSE_MS)
    return () => {
      clearTimeout(timer)
      asking.current?.abort()
    }
  }, [roomId, q, changes.value])
  useEffect(() => {
    const ends = CHANGES.map((type) =>
      tea.on(type, ({ room_id, user_id }) => {
        if (room_id === roomId && found.peek().items.some(({ user }) => user.id === user_id)) changes.value++
      }),
    )
    return () => ends.forEach((end) => end())
  }, [roomId])
  const { items, next } = found.value
  return { items: q ? items : NOBODY, next, known: found.value.q === q, failure: failure.value, more: (cursor: string) => void ask(cursor) }
}

const presenceOf = ({ user, online }: Member): Presence => {
  const status = user.id === me().id ? seenPresence(user.id) : watch(`presence:${user.id}`).value?.status
  return status ?? (online ? 'online' : 'offline')
}

const RANK = { owner: 0, admin: 1, member: 2 }
const { compare } = new Intl.Collator()
const byRankAndName = (a: Member, b: Member) => RANK[a.role] - RANK[b.role] || compare(nameOf(a.user), nameOf(b.user))

function Group({ title, members, most, room }: { title: string; members: Member[]; most: number; room: JoinedRoom }): VNode | null {
  if (!members.length) return null
  return (
    <section>
      <h3 class="side-title">
        {title} <span class="soft">{members.length}</span>
      </h3>
      <ul class="members">
        {members.slice(0, Math.max(0, most)).map((member) => (
          <MemberRow key={member.user.id} member={member} room={room} />
        ))}
      </ul>
    </section>
  )
}

function MemberRow({ member, room }: { member: Member; room: JoinedRoom }): VNode {
  const user = watch(`user:${member.user.id}`).value ?? member.user
  const name = displayName(user)
  const mine = user.id === me().id
  const muted = mutedWords(member)
  return (
    <li class="member">
      <Avatar of={{ id: user.id, display_name: name }} size={32} presence={presenceOf(member)} />
      <span class="member-text">
        <span class="ellipsis" dir="auto">
          {name} {mine && <span class="soft">({t('you')})</span>}
        </span>
        <small class={muted ? 'soft' : 'soft ellipsis'} dir="auto">
          {muted ?? (user.status_text || `@${user.username}`)}
        </small>
      </span>
      {member.role !== 'member' && (
        <span class="member-role" title={t(`role.${member.role}`)}>
          <Icon name={member.role === 'owner' ? 'crown' : 'shield'} size={15} />
          <span class="unseen">{t(`role.${member.role}`)}</span>
        </span>
      )}
      {!mine && (
        <MenuButton label={t('members.menu', { name })} items={() => acts(member, room, name)}>
          <Icon name="more" />
        </MenuButton>
      )}
    </li>
  )
}

const YEAR_MS = 365 * 86_400_000

/** Until when somebody may not speak; null for those who may. A mute without an end is kept as one of a hundred years. */
function mutedWords({ muted_until: until }: Member): string | null {
  const left = until ? Date.parse(until) - tea.serverNow() : 0
  if (!until || left <= 0) return null
  return left > YEAR_MS ? t('member.muted') : t('member.mutedUntil', { time: untilTime(until) })
}

async function writeTo(userId: string): Promise<void> {
  await attempt(async () => {
    const direct = await tea.api.open_direct_room({ user_ids: [userId] })
    go(roomPath(direct.id))
  })
}

function mention(room: JoinedRoom, username: string): void {
  drafts.write(room.id, `${drafts.peek(room.id)}@${username} `)
  if (isPhone()) showPanel(null) // it covers the composer
  requestAnimationFrame(() => document.querySelector<HTMLElement>('#composer')?.focus())
}

function acts(member: Member, room: JoinedRoom, name: string): MenuItem[] {
  const { user, role, muted_until } = member
  const mine = room.membership.role
  const runs = mine === 'owner' || (mine === 'admin' && role === 'member')
  const both = { room_id: room.id, user_id: user.id }
  return [
    { icon: 'plane', label: t('member.message', { name }), onPick: () => void writeTo(user.id) },
    { icon: 'at', label: t('member.mention'), onPick: () => mention(room, user.username) },
    ...(room.kind === 'group' ? roleActs(member, room, name) : []),
    room.kind === 'group' &&
      runs &&
      role !== 'owner' &&
      (muted_until && Date.parse(muted_until) > tea.serverNow()
        ? {
            icon: 'mute',
            label: t('member.unmute'),
            onPick: () => void attempt(() => tea.api.update_member({ ...both, muted_until: null })),
          }
        : { icon: 'mute', label: t('member.mute'), onPick: () => (dialog.value = { kind: 'mute', roomId: room.id, member }) }),
    room.kind === 'group' &&
      runs && {
        icon: 'leave',
        label: t('member.kick'),
        bad: true,
        onPick: () =>
          ask({
            title: t('member.kickTitle', { name }),
            text: t('member.kickText'),
            act: t('member.kickAct'),
            bad: true,
            onYes: () => tea.api.kick_member(both),
          }),
      },
    room.kind === 'group' &&
      runs && { icon: 'warning', label: t('member.ban'), bad: true, onPick: () => (dialog.value = { kind: 'ban', roomId: room.id, user }) },
  ]
}

function roleActs({ user, role }: Member, room: JoinedRoom, name: string): MenuItem[] {
  if (room.membership.role !== 'owner') return []
  const both = { room_id: room.id, user_id: user.id }
  const next = role === 'admin' ? 'member' : 'admin'
  return [
    {
      icon: 'shield',
      label: t(role === 'admin' ? 'member.removeAdmin' : 'member.makeAdmin'),
      onPick: () => void attempt(() => tea.api.update_member({ ...both, role: next })),
    },
    {
      icon: 'crown',
      label: t('member.transfer'),
      onPick: () =>
        ask({
          title: t('member.transferTitle', { name }),
          text: t('member.transferText'),
          act: t('member.transfer'),
          onYes: () => tea.api.transfer_room(both),
        }),
    },
  ]
}
