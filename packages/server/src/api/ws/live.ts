/** The live side, wired: connections come in, listen, speak and go; sweeps end those that are silent, late or too slow. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FIXED_LIMITS, type Limits } from '@teahouse/protocol'
import type { Bus, EventLog, Signals } from '../../application/ports/live.ts'
import type { Trace } from '../../application/ports/trace.ts'
import type { SignedInSocket, SocketCredentials } from '../../application/sessions.ts'
import type { Presence } from '../../application/presence.ts'
import type { PublishedEvent } from '../../domain/event.ts'
import { within } from '../../domain/within.ts'
import type { CommandTable } from './commands.ts'
import { Connection, type Socket } from './connection.ts'
import { createEntry } from './entry.ts'
import { Feeds } from './feeds.ts'
import { Hub, type PublishToTopic } from './hub.ts'
import { createReceiver } from './receiver.ts'
import { createSweeps } from './sweeps.ts'

/** What the outside may want to count. */
export type LiveMeters = {
  healed(events: number): void
  resumed(outcome: 'caught_up' | 'reset'): void
  command(type: string, outcome: string, ms: number): void
  delivered(listeners: number): void
  closed(reason: string): void
  slow(): void
}

export type LivePorts = {
  log: EventLog
  publish: PublishToTopic
  limits: Limits
  meters: LiveMeters
  now: () => number
  report: (error: unknown, where: string) => void
  /** To the other instances; null: there are none. */
  bus: Bus | null
  trace: Trace | null
}

export type ComingIn = {
  commands: CommandTable
  presence: Presence
  authenticate: (credentials: SocketCredentials) => Promise<SignedInSocket>
}

/** How a socket shows who it is before its first frame; null: it says so in the first frame. */
export type Upgrade = SocketCredentials | null

/** A client that does not answer for so long has nothing under way that we could wait for. */
const GOODBYE_IS_HEARD_MS = 2_000
/** A handful leaves at once, some hundred over the whole window: those who take them in have other things to do as well. */
const SPREAD_EACH_MS = 20

/** In two steps, because what runs commands needs the signals of the first. */
export function createLive({ log, publish, limits, meters, now, report, bus, trace }: LivePorts) {
  const hub = new Hub(publish)
  const feeds = new Feeds({
    log,
    deliver(feed, frame) {
      meters.delivered(feed.listeners)
      if (feed.kind === 'room') return hub.deliverToRoom(feed, frame, feeds)
      hub.tell(feed.stream, frame.text)
      for (const connection of hub.of(feed.stream)) if (connection.userFeed === feed) entry.heed(connection, frame)
    },
    onHealed: meters.healed,
    onError: (error) => report(error, 'feeds'),
    onOpened: ({ kind, stream }) => bus?.listen(kind, stream),
    onForgotten: ({ kind, stream }) => bus?.forget(kind, stream),
  })
  const entry = createEntry({ log, feeds, hub, onResume: meters.resumed, unsentBytes: limits.unsent_bytes })
  const sweeps = createSweeps({ hub, log, limits, now, onError: (error) => report(error, 'sweeps') })
  let draining = false

  const signals: Signals = {
    toRoom(roomId, signal) {
      const text = JSON.stringify(signal)
      hub.publish(roomId, text)
      bus?.signal('room', roomId, text)
    },
    toUsers(userIds, signal) {
      const text = JSON.stringify(signal)
      for (const userId of userIds) {
        hub.tell(userId, text)
        bus?.signal('user', userId, text)
      }
    },
  }
  // What comes from another instance goes to those who listen here, and nowhere else.
  bus?.hearWith({
    accept: (events) => feeds.accept(events),
    signal: (stream, text) => hub.publish(stream, text),
    check: (streams) => feeds.checkHeads(streams),
  })

  function open({ commands, presence, authenticate }: ComingIn) {
    const receiver = createReceiver({
      commands,
      entry,
      hub,
      authenticate,
      connectionsPerUser: limits.connections_per_user,
      isDraining: () => draining,
      onArrival(connection) {
        const { actor, id } = connection
        connection.arrived = true
        if (actor) void presence.arrived(actor.user_id, id).catch((error: unknown) => report(error, 'presence'))
      },
      onCommand: meters.command,
      trace,
      report,
    })
    return {
      /** A socket has come: it is greeted, and let in at once when its upgrade said who it is. */
      opened(socket: Socket, upgrade: Upgrade): Connection {
        const connection = new Connection(socket, now())
        hub.connections.add(connection)
        connection.send(helloFrame(limits, now()))
        if (upgrade) receiver.admit(connection, upgrade)
        return connection
      },
      received(connection: Connection, text: string | Uint8Array): void {
        connection.lastHeardAt = now()
        if (connection.actor) presence.touch(connection.actor.user_id, connection.id)
        receiver.receive(connection, text)
      },
      gone(connection: Connection, code: number): void {
        connection.ended()
        hub.stopListeningToAll(connection, feeds)
        hub.forget(connection)
        meters.closed(String(code))
        if (connection.behind) meters.slow()
        const { actor, id } = connection
        if (actor && connection.arrived) void presence.left(actor.user_id, id).catch((error: unknown) => report(error, 'presence'))
      },
    }
  }

  return {
    open,
    signals,
    hub,
    feeds,
    accept: (events: readonly PublishedEvent[]): void => feeds.accept(events),
    checkSessions: (): Promise<void> => sweeps.checkSessions().catch((error: unknown) => report(error, 'sweeps')),
    isFull: (): boolean => draining || (limits.connections > 0 && hub.connections.size >= limits.connections),

    /** Asks everybody to come back elsewhere, spread over the time there is; what was said before the asking was heard is answered first. */
    async drain(): Promise<void> {
      draining = true
      const everybody = [...hub.connections]
      const started = now()
      const windowMs = limits.drain_s * 1000
      const spreadMs = Math.min(windowMs, everybody.length * SPREAD_EACH_MS)
      const goodbye = JSON.stringify({ type: 'going_away', payload: { reason: 'shutdown', reconnect_after_ms: 1_000 } })
      const leaving = everybody.map(async (connection, i) => {
        await sleep((spreadMs * i) / everybody.length)
        connection.send(goodbye)
        await within(Math.min(GOODBYE_IS_HEARD_MS, started + windowMs - now()), connection.roundTrip())
        while (!connection.closed && connection.busy > 0 && now() < started + windowMs) await sleep(5)
        hub.close(connection, 'going_away')
      })
      await Promise.all(leaving)
    },

    stop(): void {
      feeds.stop()
      sweeps.stop()
    },
  }
}
export type Live = ReturnType<typeof createLive>
export type Sockets = ReturnType<Live['open']>

function helloFrame(limits: Limits, now: number): string {
  const server_time = new Date(now).toISOString()
  const said = { ...limits, typing_ms: FIXED_LIMITS.typingMs, resume_events: FIXED_LIMITS.resumeEvents }
  return JSON.stringify({
    type: 'hello',
    payload: { protocol: 1, server_time, heartbeat_interval_ms: limits.heartbeat_s * 1000, limits: said },
  })
}
