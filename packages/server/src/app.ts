/** The composition root: builds every part by hand, in order; stops them in reverse. */
import { ChatError } from '@teahouse/protocol'
import manifest from '../package.json' with { type: 'json' }
import { createAccounts } from './application/accounts.ts'
import { startErasure } from './application/erasure.ts'
import { createInvites } from './application/invites.ts'
import { createMessages } from './application/messages.ts'
import { createModeration } from './application/moderation.ts'
import type { SecurityLog } from './application/ports/security-log.ts'
import type { Clock, Publish, Write } from './application/ports/transaction.ts'
import { createPresence } from './application/presence.ts'
import { createRooms } from './application/rooms.ts'
import { createSearch } from './application/search.ts'
import { createSessions } from './application/sessions.ts'
import { createTurns } from './application/turns.ts'
import { createTyping } from './application/typing.ts'
import { accountHandlers } from './api/http/accounts.ts'
import { createAddressOf } from './api/http/client-address.ts'
import { createDocuments } from './api/http/documents.ts'
import { messageHandlers } from './api/http/messages.ts'
import { createOriginCheck } from './api/http/origins.ts'
import { createRest } from './api/http/rest.ts'
import { roomHandlers } from './api/http/rooms.ts'
import { createHttp, type Refused } from './api/http/server.ts'
import { createWebFiles } from './api/http/web-files.ts'
import { createCommands } from './api/ws/commands.ts'
import { createLive } from './api/ws/live.ts'
import { listen } from './api/ws/server.ts'
import type { Config } from './config.ts'
import { newId } from './domain/id.ts'
import { CONSUMERS } from './infrastructure/postgres/consumers.ts'
import { makeDataFolder } from './infrastructure/data-folder.ts'
import type { Logger } from './infrastructure/logging.ts'
import { createFleet } from './infrastructure/fleet.ts'
import { createMeters } from './infrastructure/meters.ts'
import { audienceOf } from './infrastructure/postgres/audience.ts'
import { openDatabase } from './infrastructure/postgres/database.ts'
import { startEmbedded } from './infrastructure/postgres/embedded.ts'
import { createErasures } from './infrastructure/postgres/erasures.ts'
import { eventLog } from './infrastructure/postgres/event-log.ts'
import { startHousekeeping } from './infrastructure/postgres/housekeeping.ts'
import { createMessageWriter } from './infrastructure/postgres/message-writer.ts'
import { searchIndex } from './infrastructure/postgres/search.ts'
import { startSearchIndexer } from './infrastructure/postgres/search-indexer.ts'
import { listenForEnded } from './infrastructure/postgres/session-notices.ts'
import { serverLines } from './infrastructure/postgres/server-lines.ts'
import { createFindSignIn } from './infrastructure/postgres/sign-ins.ts'
import { createStores } from './infrastructure/postgres/stores.ts'
import { createWrite } from './infrastructure/postgres/transactions.ts'
import { createPasswords } from './infrastructure/security/passwords.ts'
import { loadSecret } from './infrastructure/security/secret.ts'
import { watchRates } from './infrastructure/security/watched-rates.ts'
import { createTokens } from './infrastructure/security/tokens.ts'
import { watchProcess } from './infrastructure/process-meters.ts'
import { openTracing } from './infrastructure/tracing.ts'
import { createWayOut } from './infrastructure/way-out.ts'

export type App = {
  readonly url: string
  /** Drains: nothing that was replied is lost. */
  stop(): Promise<void>
  /** Settles with the reason when the process cannot go on. */
  readonly failed: Promise<Error>
}

/** What happens every day. */
const UNREMARKABLE: ReadonlySet<string> = new Set(['registered', 'signed_in', 'password_changed', 'account_deleted'])
const WRITER = { maxBatch: 256, maxWaiting: 8_192, maxWaitMs: 1_000 }

export async function startApp(config: Config, { log }: { log: Logger }): Promise<App> {
  const { limits } = config
  const meters = createMeters()
  const stopWatching = watchProcess(meters)
  const clock: Clock = { now: () => new Date() }
  const report = (error: unknown, where: string) => {
    meters.reported(where.length > 20 ? 'request' : where)
    const level = error instanceof ChatError ? 'warn' : 'error' // ours: a dependency is down; else a bug
    log[level]({ err: error, where }, 'something failed')
  }

  const tracing = await openTracing(config.otelEndpoint, {
    resource: { 'service.name': 'teahouse', 'service.version': manifest.version, 'service.instance.id': newId() },
    onDown: (error) => log.warn({ err: error }, 'nobody takes our spans: they are dropped until somebody does'),
    onUp: () => log.info('spans are taken again'),
    onDropped: meters.spansDropped,
  })
  const { trace } = tracing

  // The database
  const dataDir = config.databaseUrl && config.secret ? null : makeDataFolder(config.dataDir)
  const embedded = config.databaseUrl ? null : await startEmbedded(config.dataDir, serverLines(log))
  const connection = config.databaseUrl ?? embedded?.connection ?? ''
  const database = await openDatabase(connection, (error) => log.warn({ err: error }, 'a session of the database ended')).catch(
    async (error: unknown) => {
      await embedded?.stop()
      throw error
    },
  )
  const stores = createStores(database)
  const events = eventLog(database)

  // Security
  const tokens = await createTokens(config.secret ?? loadSecret(dataDir ?? config.dataDir))
  const passwords = createPasswords()

  // The other instances, if there are any
  const fleet = await createFleet(config.redisUrls, {
    limits,
    clock,
    meters,
    onVanished: (userIds) => presence.vanished(userIds),
    onDown: (why, err) => log.warn(why === null ? { err } : { why }, 'Redis is away: events come through the log, limits count here alone'),
    onError: (error) => report(error, 'fleet'),
  })
  const { bus } = fleet
  const securityLog: SecurityLog = (event) => log[UNREMARKABLE.has(event.event) ? 'info' : 'warn'](event, 'security')
  const rates = watchRates({ rates: fleet.rates, clock, securityLog, seal: tokens.seal, count: meters.rateLimited })

  // The live side, and the way of events to it
  const live = createLive({
    log: events,
    publish: (topic, text) => server.publish(topic, text),
    limits,
    meters,
    now: Date.now,
    report,
    bus,
    trace,
  })
  const searchIndexer = startSearchIndexer(database, (error) => report(error, 'search index'))
  const relay = await createWayOut(config.kafka, {
    connection,
    database,
    consumers: CONSUMERS,
    meters,
    onError: (error) => report(error, 'relay'),
    onPutAside: (consumer, reason) => log.error({ consumer, reason }, 'an event was put aside'),
    onAway: (why) => log.warn({ why }, 'Kafka is away: events wait in the outbox'),
    onBack: () => log.info('Kafka is there again'),
    trace,
  })
  const publish: Publish = (published) => {
    live.accept(published)
    bus?.publish(published)
    if (published.length > 0) relay.nudge()
  }
  const writeAll = createWrite(database, clock, publish, trace)
  const write: Write = async (actor, act) => {
    if (actor && 'session_id' in actor) await rates.take('writes', actor.user_id)
    return writeAll(actor, act)
  }
  const writer = createMessageWriter(database, clock, publish, { ...WRITER, onBatch: meters.batch, trace })
  const housekeeping = startHousekeeping({ database, clock, onError: (error) => report(error, 'housekeeping') })
  const erasure = startErasure({ stores, erasures: createErasures(database), write, onError: (error) => report(error, 'erasure') })
  const { signals, hub } = live
  const notices = listenForEnded(
    connection,
    (ids, why) => {
      hub.endSessions(ids, why)
      if (why === 'account_suspended') for (const session_id of ids) securityLog({ event: why, session_id })
    },
    () => void live.checkSessions(),
  )

  // What the product does
  const sessionEnded = hub.endSessions.bind(hub)
  const findSignIn = createFindSignIn(database)
  const presence = createPresence({
    store: fleet.presence,
    audience: audienceOf(database),
    signals,
    clock,
    onError: (error) => report(error, 'presence'),
  })
  const typing = createTyping(signals)
  const signing = { stores, findSignIn, write, passwords, tokens, rates, clock, sessionEnded, securityLog }
  const accounts = createAccounts({ ...signing, erasure, registration: config.registration })
  const sessions = createSessions(signing)
  const rooms = createRooms({ stores, write, passwords, rates, clock, maxMembers: limits.room_members })
  const moderation = createModeration({ stores, write, online: presence.online, clock })
  const invites = createInvites({ stores, write, clock, publicUrl: () => config.publicUrl ?? url() })
  const messages = createMessages({ stores, log: events, write, writer, rates, typing, clock, limits })
  const search = createSearch({ stores, index: searchIndex(database) })

  // The ways in
  const turns = createTurns()
  const commands = createCommands({ messages, rooms, presence, typing, turns, now: clock.now })
  const sockets = live.open({ commands, presence, authenticate: sessions.authenticateSocket })
  const mayUse = createOriginCheck(config.allowedOrigins, config.publicUrl)
  const addressOf = createAddressOf(config.trustedProxies)
  const rest = createRest({
    handlers: { ...accountHandlers(accounts, sessions), ...roomHandlers(rooms, moderation, invites), ...messageHandlers(messages, search) },
    authenticate: sessions.authenticate,
    clientOf: (request) => ({
      address: addressOf(request.headers, server.addressOf(request)),
      userAgent: request.headers.get('user-agent')?.slice(0, 400) ?? null,
    }),
    maxBodyBytes: limits.body_bytes,
    turns,
    seal: tokens.seal,
    trace,
  })
  let stopping = false
  const http = createHttp({
    rest,
    documents: createDocuments({ version: manifest.version, limits }),
    web: createWebFiles(),
    readiness: async () => {
      const state = await database.ping().then(
        () => 'up',
        () => 'down',
      )
      return {
        ready: state === 'up' && !stopping,
        dependencies: { database: state, ...fleet.state(), ...(stopping ? { process: 'draining' } : {}) },
      }
    },
    metrics: meters.text,
    mayUse,
    allowances: rates.peek,
    onRequest: ({ ms, ...request }) => {
      meters.request(request.method, request.status, ms)
      log.info({ ...request, ms: Math.round(ms * 10) / 10 }, 'request')
    },
    report,
  })
  const server = listen({
    host: config.host,
    port: config.port,
    http: (request, refused) => http.fetch(request, { refused } satisfies Refused),
    sockets,
    limits,
    mayUse,
    isFull: live.isFull,
  })
  const url = () => server.url

  meters.watch('connections', 'Open sockets.', () => hub.connections.size)
  meters.watch('feeds', 'Streams that somebody here listens to.', () => live.feeds.size)
  meters.watch('messages_waiting', 'Messages that wait for the next commit.', writer.waiting)
  meters.watch('database_sessions_idle', 'Those of them that nobody uses.', () => database.load().idle)
  meters.watch('database_sessions', 'Sessions of the pool.', () => database.load().total)
  meters.watch('database_waiting', 'Callers that wait for a session of the database.', () => database.load().waiting)

  return {
    url: server.url,
    failed: new Promise((resolve) => void embedded?.ended.then((error) => error && resolve(error))),
    async stop() {
      stopping = true
      await live.drain()
      await server.stop()
      live.stop()
      typing.end()
      presence.end()
      await fleet.stop()
      await housekeeping.stop()
      await erasure.stop()
      await notices.stop()
      await relay.stop()
      await searchIndexer.stop()
      await database.close()
      await embedded?.stop()
      await tracing.stop()
      stopWatching()
    },
  }
}
