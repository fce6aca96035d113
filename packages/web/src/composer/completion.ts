/** What `@…` and `:…` before the caret may become. */
import type { User } from '@teahouse/sdk'
import { findEmoji, loadEmoji } from '../emoji/emoji.ts'
import { language } from '../i18n/i18n.ts'
import { tea } from '../model/tea.ts'
import { isCalled } from '../people/called.ts'
import { displayName } from '../room/room-name.ts'

export type Suggestion = { key: string; label: string; note: string; insert: string; user?: User }
export type Begun = { kind: 'mention' | 'emoji'; word: string; from: number; to: number }

const BEGUN = /(?:^|[\s(])(?:@([\p{L}\p{M}\p{N}_-]{0,32})|:([\p{L}\p{N}_+-]{2,24}))$/u
const MOST = 8
/** So long nothing is typed before the server is asked. */
const PAUSE_MS = 150

/** The mention or emoji that is being typed at the caret. */
export function begunAt(text: string, caret: number): Begun | null {
  const found = BEGUN.exec(text.slice(Math.max(0, caret - 40), caret))
  if (!found) return null
  const [, mention, emoji = ''] = found
  const word = mention ?? emoji
  return { kind: mention === undefined ? 'emoji' : 'mention', word, from: caret - word.length - 1, to: caret }
}

/** What is known here comes at once; in a room of which not all members are loaded, whom the server finds follows behind it. */
export async function* suggest(begun: Begun, roomId: string, meId: string, signal: AbortSignal): AsyncGenerator<Suggestion[]> {
  if (begun.kind === 'emoji') {
    const found = findEmoji(await loadEmoji(language.peek()), begun.word, MOST)
    yield found.map(({ emoji, name }) => ({ key: emoji, label: emoji, note: name, insert: emoji }))
    return
  }
  const fitting = (people: readonly User[]) => people.filter((user) => user.id !== meId && isCalled(user, begun.word))
  let people = fitting(knownIn(roomId))
  yield shown(people)
  if (!isDirect(roomId) && !tea.view(`members:${roomId}`)) {
    await tea.loadMembers(roomId)
    yield shown((people = fitting(knownIn(roomId))))
  }
  if (!begun.word || people.length >= MOST || isDirect(roomId) || !tea.view(`members:${roomId}`)?.next_cursor) return
  await pause(PAUSE_MS, signal)
  const { items } = await tea.api.list_members({ room_id: roomId, q: begun.word, limit: MOST + 1 }, { signal })
  yield shown([...people, ...fitting(items.map(({ user }) => user))])
}

const shown = (people: readonly User[]): Suggestion[] =>
  [...new Map(people.map((user) => [user.id, user])).values()]
    .slice(0, MOST)
    .map((user) => ({ key: user.id, label: displayName(user), note: `@${user.username}`, insert: `@${user.username} `, user }))

/** Rejects when somebody typed on. */
const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((go, stop) => {
    const timer = setTimeout(go, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      stop(signal.reason)
    })
  })

const isDirect = (roomId: string) => tea.view(`room:${roomId}`)?.kind === 'direct'

/** In large rooms those who spoke lately are not all on the first page of members. */
function knownIn(roomId: string): User[] {
  if (isDirect(roomId)) return tea.view(`room:${roomId}`)?.members ?? []
  const members = tea.view(`members:${roomId}`)?.items.map(({ user }) => user) ?? []
  const speakers = tea.view(`timeline:${roomId}`)?.spans.flatMap(({ messages }) => messages.slice(-200).map(({ sender }) => sender)) ?? []
  return [...new Map([...speakers, ...members].map((user) => [user.id, user])).values()]
}
