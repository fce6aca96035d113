/** Puts a client together: each part knows only what it is given here. */
import type { EventPage, Me, PresenceStatus, RoomEvent, Session, UserEvent } from '@teahouse/protocol'
import { ChatError } from '@teahouse/protocol/errors'
import type { Teahouse, TeahouseOptions } from './client.ts'
import { Connection } from './connection/connection.ts'
import { createConnectionHooks, socketUrl } from './connection-hooks.ts'
import { defaultPorts } from './default-ports.ts'
import { createEmitter } from './emitter.ts'
import { Feed } from './feed.ts'
import { createLoader } from './loader.ts'
import { Outbox } from './outbox/outbox.ts'
import { createShelf } from './outbox/shelf.ts'
import type { Ports } from './ports.ts'
import { createReadMarkers } from './read-markers.ts'
import { createRefetches } from './refetches.ts'
import { createApi } from './rest/api.ts'
import { createRequests } from './rest/request.ts'
import { createSignIn } from './rest/sign-in.ts'
import type { SessionState } from './session-state.ts'
import { findInTimeline } from './state/timeline.ts'
import { createStore } from './store.ts'
import { createTyping } from './typing.ts'

/** How long the server may take to hear of a sign-out. */
const LOGOUT_MS = 3_000

/** Makes a client. It does nothing until `restore`, `login` or `register`, and connects only after `start`. */
export function createTeahouse(options: TeahouseOptions = {}): Teahouse {
  const ports: Ports = { ...defaultPorts(), ...options.ports }
  const { clock } = ports
  const url = (options.url ?? globalThis.location?.origin ?? '').replace(/\/$/, '')
  const prefix = `teahouse${options.name ? `:${options.name}` : ''}`

  const store = createStore(() => clock.now())
  const emitter = createEmitter()
  const head = (roomId: string) => store.state().rooms.get(roomId)?.about.last_seq
  const isLive = () => connection.state.phase === 'live'
  let presence: PresenceStatus = 'online'

  const send = createRequests(ports, url)
  const signIn = createSignIn({ ports, send, key: `${prefix}:session`, changed: sessionChanged })
  const api = createApi({
    ports,
    send,
    signIn,
    learned(news) {
      if ('room' in news) {
        store.dispatch({ type: 'room_loaded', room: news.room })
        feed.roomKnown(news.room.id)
      } else {
        signIn.meet(news.me)
        store.dispatch({ type: 'me_loaded', user: news.me })
      }
    },
  })
  const loader = createLoader(store, api)
  const refetches = createRefetches(clock, store, loader.recheck)

  const outbox = new Outbox({
    ports,
    ask: (payload, answer) => connection.ask('send_message', payload, answer),
    isLive,
    head,
    changed: (queue) => store.note({ outbox: queue }),
    failed: (message) => emitter.emit('message_failed', message),
  })
  const markers = createReadMarkers({
    clock,
    isLive,
    ask: (payload, answer) => connection.ask('mark_read', payload, answer),
    answered(room_id, reply) {
      store.dispatch({ type: 'read_answered', room_id, ...reply })
      refetches.look(room_id)
    },
  })
  const typing = createTyping({
    clock,
    tell: (type, room_id) => connection.tell(type, { room_id }),
    expire() {
      store.dispatch({ type: 'time_passed' })
      return store
        .state()
        .rooms.values()
        .some((room) => room.typing.size > 0)
    },
  })

  let unheard: (RoomEvent | UserEvent)[] = []
  const feed: Feed = new Feed({
    clock,
    head,
    rooms: () => store.state().rooms.keys(),
    apply(event) {
      store.dispatch(event)
      if ('seq' in event.payload) outbox.seen(event as RoomEvent)
      unheard.push(event)
    },
    batch(act) {
      store.batch(act)
      if (store.isBatching()) return
      const heard = unheard
      unheard = []
      for (const event of heard) {
        emitter.emit(event.type, event.payload as never)
        if ('room_id' in event.payload) refetches.look(event.payload.room_id)
        else if ('room' in event.payload) refetches.look(event.payload.room.id)
      }
    },
    // The socket keeps the order with what it says otherwise; without one there is nothing to fill.
    fetchEvents: async (room_id, after_seq) => (await connection.command('get_events', { room_id, after_seq, limit: 100 })) as EventPage,
    async recheck(roomId) {
      await loader.recheck(roomId)
      feed.roomKnown(roomId)
    },
    userHole: () => connection.renewLine(),
  })

  const connection: Connection = new Connection({
    ports,
    url: socketUrl(url),
    hooks: createConnectionHooks({
      clock,
      store,
      emitter,
      feed,
      outbox,
      markers,
      typing,
      signIn,
      presence: () => (presence === 'online' ? null : presence),
      live: () => live(),
    }),
  })

  function live(): void {
    outbox.caughtUp()
    void outbox.adopt() // of tabs that ended meanwhile
    markers.flush()
  }

  let userId: string | null = null
  function sessionChanged(session: SessionState): void {
    const nextId = session.status === 'signed_in' ? session.user.id : null
    if (nextId !== userId) {
      const wasOpen = connection.state.phase !== 'closed'
      connection.close('signed_out')
      feed.stop()
      markers.forget()
      typing.forget()
      void outbox.close(session.status === 'signed_out' && session.reason === 'logout')
      store.dispatch({ type: 'signed_out' })
      userId = nextId
      if (nextId !== null) void outbox.open(createShelf(ports, `${prefix}:outbox:${nextId}`))
      if (nextId !== null && wasOpen) connection.open() // another tab signed in as somebody else
    }
    store.note({ session })
    emitter.emit('session_changed', session)
    if (session.status === 'signed_out') emitter.end()
  }

  async function enter(session: Promise<Session>): Promise<Me> {
    return signIn.accept(await session)
  }

  return {
    api,
    restore: () => signIn.restore(),
    register: (input) => enter(api.register(input)),
    login: (input) => enter(api.login(input)),
    async logout() {
      connection.close('signed_out')
      const enough = new AbortController()
      const stopTimer = clock.after(LOGOUT_MS, () => enough.abort())
      await api.logout({}, { signal: enough.signal }).catch(() => {}) // without a network it ends here alone
      stopTimer()
      await signIn.end('logout')
    },

    start() {
      connection.open()
      void outbox.adopt()
      return untilLive(connection, (look) => emitter.on('connection_changed', look))
    },
    stop() {
      connection.close('stopped')
      emitter.end()
    },
    reconnectNow: () => connection.reconnectNow(),
    command: (type, payload) => connection.command(type, payload),

    get state() {
      return store.state()
    },
    view: (key) => store.view(key),
    subscribe: (key, changed) => store.subscribe(key, changed),
    on: (type, heard) => emitter.on(type, heard),
    events: (...types) => emitter.events(...types),
    serverNow: () => clock.now() + store.facts().server.clockOffsetMs,

    loadLatest: loader.latest,
    loadOlder: loader.older,
    loadNewer: loader.newer,
    loadAround: loader.around,
    closeTimeline: (room_id) => store.dispatch({ type: 'timeline_closed', room_id }),
    loadMembers: loader.members,
    loadPins: loader.pins,
    findMessage(roomId, messageId) {
      const room = store.state().rooms.get(roomId)
      return room && findInTimeline(room.timeline, messageId)
    },

    send(roomId, draft) {
      typing.stop(roomId, false) // the message itself says that I stopped
      return outbox.send(roomId, draft)
    },
    delivered: (clientId) => outbox.delivered(clientId),
    retry: (clientId) => outbox.retry(clientId),
    discard: (clientId) => outbox.discard(clientId),

    markRead(room_id, seq) {
      const before = store.state().rooms.get(room_id)?.about.membership.last_read_seq
      if (before === undefined || seq <= before) return
      store.dispatch({ type: 'read_here', room_id, seq })
      markers.mark(room_id, Math.min(seq, head(room_id) ?? seq))
    },
    typing: (roomId) => isLive() && typing.start(roomId),
    stopTyping: (roomId) => typing.stop(roomId),
    setPresence(status) {
      presence = status
      connection.tell('set_presence', { status })
    },
  }
}

/** Resolves once live; rejects when the connection is closed before. */
function untilLive(connection: Connection, watch: (look: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const { state } = connection
      if (state.phase === 'live') resolve()
      else if (state.phase === 'closed') reject(closedError(state.because))
      else return
      stop()
    }
    const stop = watch(look)
    look()
  })
}

function closedError(because: string): ChatError {
  const code =
    because === 'signed_out' ? 'unauthorized' : because === 'account_suspended' || because === 'unauthorized' ? because : 'unavailable'
  return new ChatError(code, { message: `The connection is closed: ${because.replaceAll('_', ' ')}.` })
}
