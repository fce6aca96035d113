/** The bus through Redis: one channel per room and per user, heard while somebody here listens. It may lose anything; the feeds repair that from the log. */
import type { Bus, BusEars } from '../../application/ports/live.ts'
import type { PublishedEvent } from '../../domain/event.ts'
import type { BusMeters } from './ports.ts'
import type { RedisLink } from './link.ts'
import type { RedisSession } from './session.ts'
import { carried, channelOf, eventsText, signalText, streamOf } from './wire.ts'

export type RedisBusPorts = { link: RedisLink; instance: string; now: () => number; meters: BusMeters; onError: (error: unknown) => void }

/** What waits for Redis is bounded; beyond it is dropped, and the others read it from the log. */
const MAX_UNANSWERED = 10_000
const MAX_UNANSWERED_BYTES = 16_777_216
/** A stream that nobody here listens to any more may be listened to again at once: a page was reloaded. */
const UNSUBSCRIBE_EVERY_MS = 5_000
/** Streams heard from now on are compared with the log together. */
const GATHER_MS = 5

export function createRedisBus({ link, instance, now, meters, onError }: RedisBusPorts): Bus {
  const wanted = new Set<string>()
  let heard = new Set<string>() // subscribed, or asked for, in the present session
  let fresh: string[] = []
  let ears: BusEars | null = null
  let gathering: ReturnType<typeof setTimeout> | null = null
  let unanswered = 0
  let unansweredBytes = 0

  function hear(text: string, channel: string): void {
    const arrived = carried(text, channel, instance)
    if (!arrived || !ears) return
    meters.lag(Math.max(0, now() - arrived.sentAt))
    if (arrived.what === 'events') ears.accept(arrived.events)
    else ears.signal(streamOf(channel)?.stream ?? '', arrived.text)
  }

  function subscribe(session: RedisSession, channel: string): void {
    if (heard.has(channel)) return
    heard.add(channel)
    const asked = heard
    session.subscribe(channel, hear).then(
      () => subscribed(channel),
      () => void asked.delete(channel), // the next sweep tries again; meanwhile the heads are checked
    )
  }

  /** What was committed before the subscription and after the feed read its head would wait for the next check of all heads. */
  function subscribed(channel: string): void {
    fresh.push(streamOf(channel)?.stream ?? '')
    gathering ??= setTimeout(() => {
      gathering = null
      void ears?.check(fresh.splice(0))
    }, GATHER_MS)
  }

  function sweep(): void {
    const session = link.session()
    if (!session) return
    for (const channel of wanted) subscribe(session, channel)
    for (const channel of heard)
      if (!wanted.has(channel)) {
        heard.delete(channel)
        session.unsubscribe(channel, hear).catch(onError)
      }
  }

  function send(channel: string, text: string, events: number): void {
    const session = link.session()
    if (!session || unanswered >= MAX_UNANSWERED || unansweredBytes + text.length > MAX_UNANSWERED_BYTES) return meters.publishFailed()
    unanswered++
    unansweredBytes += text.length
    meters.published(events, text.length)
    session
      .publish(channel, text)
      .catch(() => meters.publishFailed())
      .finally(() => {
        unanswered--
        unansweredBytes -= text.length
      })
  }

  link.onUp((session) => {
    heard = new Set()
    for (const channel of wanted) subscribe(session, channel)
  })
  const sweeping = setInterval(sweep, UNSUBSCRIBE_EVERY_MS)

  return {
    hearWith(given) {
      ears = given
    },
    publish(events) {
      if (events.length === 0) return
      const at = now()
      for (const [channel, ofStream] of byChannel(events)) send(channel, eventsText(instance, at, ofStream), ofStream.length)
    },
    signal(kind, stream, text) {
      send(channelOf(kind, stream), signalText(instance, now(), text), 0)
    },
    listen(kind, stream) {
      const channel = channelOf(kind, stream)
      wanted.add(channel)
      const session = link.session()
      if (session) subscribe(session, channel)
    },
    forget: (kind, stream) => void wanted.delete(channelOf(kind, stream)),
    get size() {
      return heard.size
    },
    stop() {
      clearInterval(sweeping)
      if (gathering) clearTimeout(gathering)
      ears = null
    },
  }
}

/** All of one commit that belongs together travels in one publish. */
function byChannel(events: readonly PublishedEvent[]): Map<string, PublishedEvent[]> {
  const channels = new Map<string, PublishedEvent[]>()
  for (const event of events) {
    const channel = channelOf(event.kind, event.stream)
    const known = channels.get(channel)
    if (known) known.push(event)
    else channels.set(channel, [event])
  }
  return channels
}
