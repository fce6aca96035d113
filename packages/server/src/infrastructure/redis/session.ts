/** One connection to Redis, standalone or a cluster: what is sent through it, what is heard through it, and its end. */
import { createClient, createCluster } from 'redis'

type Hear = (text: string, channel: string) => void

export type RedisSession = {
  /** Resolves with the number of receivers. Rejects at once when Redis is not there. */
  publish(channel: string, text: string): Promise<unknown>
  subscribe(channel: string, hear: Hear): Promise<void>
  /** With the function that heard: without it the library would take a subscription that follows at once for one that exists. */
  unsubscribe(channel: string, hear: Hear): Promise<void>
  /** Runs a script on one key. */
  run(script: string, key: string, parameters: readonly string[]): Promise<unknown>
  readonly ended: Promise<Error>
  destroy(): void
}

const CONNECT_WITHIN_MS = 2_000
/** A server that answers no ping for this long is gone, whatever TCP believes. */
const SILENT_MS = 5_000
const PING_EVERY_MS = 2_000
/** Commands that wait for an answer, all kinds together. */
const MAX_WAITING = 50_000
/** A cluster mends itself node by node; only when nothing worked for this long it is built anew. */
const CLUSTER_PATIENCE_MS = 10_000
const OPTIONS = { disableOfflineQueue: true, commandsQueueMaxLength: MAX_WAITING, pingInterval: PING_EVERY_MS } as const

/** Rejects when there is no connection within some seconds: the library alone would try for ever. */
export async function openRedis(urls: readonly string[]): Promise<RedisSession> {
  const [url = ''] = urls
  const session = urls.length > 1 ? cluster(urls) : standalone(url)
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('Redis did not answer in time')), CONNECT_WITHIN_MS * 2)
  try {
    await Promise.race([session.connect(), late.promise, session.ended.then((error) => Promise.reject(error))])
    return session
  } catch (error) {
    session.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

type Opening = RedisSession & { connect(): Promise<unknown> }

/** Two connections, because one that listens does nothing else. Either one's end is the end of both: then nothing half works. */
function standalone(url: string): Opening {
  const socket = { connectTimeout: CONNECT_WITHIN_MS, socketTimeout: SILENT_MS, reconnectStrategy: false } as const
  const speaking = createClient({ url, socket, ...OPTIONS })
  const listening = createClient({ url, socket, ...OPTIONS })
  const { promise: ended, resolve: end } = Promise.withResolvers<Error>()
  for (const client of [speaking, listening]) {
    client.on('error', (error: Error) => end(error))
    client.on('end', () => end(new Error('Redis closed the connection')))
  }
  return {
    connect: () => Promise.all([speaking.connect(), listening.connect()]),
    publish: (channel, text) => speaking.sPublish(channel, text),
    subscribe: (channel, hear) => listening.sSubscribe(channel, hear),
    unsubscribe: (channel, hear) => listening.sUnsubscribe(channel, hear),
    run: (script, key, parameters) => speaking.eval(script, { keys: [key], arguments: [...parameters] }),
    ended,
    destroy: () => {
      for (const client of [speaking, listening]) if (client.isOpen) client.destroy()
    },
  }
}

function cluster(urls: readonly string[]): Opening {
  const socket = {
    connectTimeout: CONNECT_WITHIN_MS,
    socketTimeout: SILENT_MS,
    reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 2_000),
  }
  const { username, password } = new URL(urls[0] ?? '')
  const tls = urls[0]?.startsWith('rediss:') ? { tls: true as const } : {}
  const nodes = createCluster({
    rootNodes: urls.map((url) => ({ url, socket: { ...socket, reconnectStrategy: false } })),
    defaults: {
      socket: { ...socket, ...tls },
      ...OPTIONS,
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    },
  })
  const { promise: ended, resolve: end } = Promise.withResolvers<Error>()
  let destroyed = false
  let workedAt = Date.now()
  nodes.on('error', () => {}) // of one node; what matters is whether commands get through
  const observed = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      const got = await answer
      workedAt = Date.now()
      return got
    } catch (error) {
      if (Date.now() - workedAt > CLUSTER_PATIENCE_MS) end(error as Error)
      throw error
    }
  }
  return {
    connect: () => nodes.connect().then(() => (workedAt = Date.now())),
    publish: (channel, text) => observed(nodes.sPublish(channel, text)),
    subscribe: (channel, hear) => nodes.sSubscribe(channel, hear),
    unsubscribe: (channel, hear) => nodes.sUnsubscribe(channel, hear),
    run: (script, key, parameters) => observed(nodes.eval(script, { keys: [key], arguments: [...parameters] })),
    ended,
    destroy: () => {
      if (destroyed) return
      destroyed = true
      nodes.destroy()
    },
  }
}
