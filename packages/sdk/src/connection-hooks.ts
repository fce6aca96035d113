/** What each thing that the connection reports means to the other parts. */
import { FIXED_LIMITS } from '@teahouse/protocol/limits'
import type { PresenceStatus, ServerFrame, Signal } from '@teahouse/protocol'
import type { ConnectionHooks } from './connection/connection-ports.ts'
import type { Emitter } from './emitter.ts'
import type { Feed } from './feed.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { ClockPort } from './ports.ts'
import type { ReadMarkers } from './read-markers.ts'
import type { SignIn } from './rest/sign-in.ts'
import { isRoomEvent, isUserEvent } from './state/reduce.ts'
import type { Store } from './store.ts'

/** Rooms that fit into one frame of a resume, at 64 KiB a frame and 45 bytes a room. The most recently active come first. */
const MOST_NAMED = Math.min(1_200, FIXED_LIMITS.resumeRooms)

export const socketUrl = (url: string): string => `${url.replace(/^http/, 'ws')}/ws`

type HookParts = {
  clock: ClockPort
  store: Store
  emitter: Emitter
  feed: Feed
  outbox: Outbox
  markers: ReadMarkers
  typing: { heard(): void }
  signIn: SignIn
  presence(): PresenceStatus | null
  live(): void
}

export function createConnectionHooks(parts: HookParts): ConnectionHooks {
  const { clock, store, emitter, feed, outbox, signIn } = parts
  let unnamed: ReadonlySet<string> = new Set()
  let readyUserSeq = 0
  /** Of the history that the places belong to: the server's, once they are all laid over its state. */
  let epoch: string | undefined
  let readyEpoch: string | undefined

  return {
    token: (spent) => (spent === undefined ? signIn.access() : signIn.renew(spent)),
    tokenExpiresAt: () => signIn.expiresAt(),

    resume() {
      const { me, rooms } = store.state()
      if (me === null) return null
      const ids = store.view('rooms')
      unnamed = new Set(ids.slice(MOST_NAMED))
      const heads = ids.slice(0, MOST_NAMED).map((id) => [id, rooms.get(id)?.about.last_seq ?? 0] as const)
      return { rooms: Object.fromEntries(heads), user_seq: feed.userSeq, ...(epoch !== undefined && { epoch }) }
    },

    presence: parts.presence,

    changed(state) {
      if (state.phase === 'waiting' || state.phase === 'closed') {
        feed.stop()
        outbox.interrupted()
      }
      store.note({ connection: state })
      emitter.emit('connection_changed', state)
      if (state.phase === 'live') parts.live()
      if (state.phase === 'closed' && state.because !== 'stopped' && state.because !== 'signed_out') emitter.end()
    },

    greeted({ limits, server_time }) {
      const clockOffsetMs = Date.parse(server_time) - clock.now()
      store.note({ server: { ...store.facts().server, limits, clockOffsetMs } })
    },

    ready(ready, resumed) {
      readyUserSeq = ready.user_seq
      readyEpoch = ready.epoch
      const other_history = epoch !== undefined && epoch !== readyEpoch
      if (!resumed) epoch = readyEpoch
      feed.begin(resumed, ready.user_seq)
      store.batch(() => {
        store.dispatch({ type: 'ready', payload: ready, resumed, unnamed, other_history })
        if (store.facts().server.leaving) store.note({ server: { ...store.facts().server, leaving: null } })
      })
      signIn.meet(ready.user)
      emitter.emit('ready', ready)
    },

    caughtUp(caughtUp) {
      store.dispatch({ type: 'caught_up', payload: caughtUp })
      epoch = readyEpoch
      feed.settle(readyUserSeq, caughtUp.user_reset === true)
      emitter.emit('caught_up', caughtUp)
    },

    leaving(goingAway) {
      store.note({ server: { ...store.facts().server, leaving: { reason: goingAway.reason } } })
      emitter.emit('going_away', goingAway)
    },

    heard(frame: ServerFrame) {
      if (isRoomEvent(frame) || isUserEvent(frame)) return feed.offer(frame)
      const signal = frame as Signal
      store.dispatch(signal)
      if (signal.type === 'user_typing') parts.typing.heard()
      emitter.emit(signal.type, signal.payload)
    },

    heads: (heads) => feed.compare(heads),
    sessionOver: (because) => void signIn.end(because),
  }
}
