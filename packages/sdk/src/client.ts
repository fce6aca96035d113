/** What a client of Teahouse can do: the whole public face of the SDK, as types. `createTeahouse` makes one. */
import type {
  Attachment,
  CommandInput,
  CommandReply,
  CommandType,
  JoinedRoom,
  Limits,
  Me,
  Message,
  PresenceStatus,
  RouteAnswer,
  RouteName,
  RouteRequest,
  User,
} from '@teahouse/protocol'
import type { ConnectionState } from './connection/connection-state.ts'
import type { ClientEvents } from './emitter.ts'
import type { OutboxMessage } from './outbox/outbox-message.ts'
import type { Ports } from './ports.ts'
import type { SessionState } from './session-state.ts'
import type { Departure, MemberList, PinList, Presence, State, Timeline } from './state/state.ts'

type Flat<Type> = Type extends object ? { [Key in keyof Type]: Type[Key] } : Type
type Request<Name extends RouteName> = unknown extends RouteRequest<Name> ? object : Flat<RouteRequest<Name>>

/**
 * Every REST route by its name. Params, query and body go in as one object; every refusal is a `ChatError`. Tokens are attached and
 * refreshed silently; a request that got no answer is repeated only where a repeat does no harm, and is given up after a bounded time
 * with `unavailable`.
 */
export type Api = {
  [Name in RouteName]: {} extends Request<Name>
    ? (input?: Request<Name>, options?: CallOptions) => Promise<RouteAnswer<Name>>
    : (input: Request<Name>, options?: CallOptions) => Promise<RouteAnswer<Name>>
}

export type CallOptions = {
  /** Calls the request off. */
  signal?: AbortSignal
  /** Names this act, so that it is done once however often it is asked for. Made by itself for each call of a POST. */
  idempotencyKey?: string
}

/** What the server told about itself in `hello`. */
export type ServerFacts = {
  readonly limits: Partial<Limits>
  /** Add to the local clock to get the server's, in milliseconds. */
  readonly clockOffsetMs: number
  /** Set from `going_away` until the next `ready`. */
  readonly leaving: { readonly reason: string } | null
}

/** Sums over all rooms, for the badge. */
export type Totals = { readonly unread: number; readonly mentions: number }

/** What can be looked at and watched, by key. A view stays the same object until it changes. */
export type Views = {
  session: SessionState
  connection: ConnectionState
  server: ServerFacts
  /** Ids of my rooms, the most recent activity first. */
  rooms: readonly string[]
  totals: Totals
}
export type KeyedViews = {
  room: JoinedRoom | undefined
  timeline: Timeline | undefined
  members: MemberList | null | undefined
  pins: PinList | null | undefined
  /** Ids of others who are typing there. */
  typing: readonly string[]
  /** What I wrote in the room and the log does not hold yet, oldest first. */
  outbox: readonly OutboxMessage[]
  /** Why I am no longer in this room. */
  departure: Departure | undefined
  /** By user id. */
  presence: Presence | undefined
  user: User | undefined
}
export type ViewKey = keyof Views | `${keyof KeyedViews}:${string}`
export type ViewOf<Key extends ViewKey> = Key extends keyof Views
  ? Views[Key]
  : Key extends `${infer Kind extends keyof KeyedViews}:${string}`
    ? KeyedViews[Kind]
    : never

export type Draft = {
  content: string
  message_type?: 'text' | 'image' | 'file'
  reply_to_message_id?: string | null
  attachments?: Attachment[]
}
export type Sent = CommandReply<'send_message'>

export type TeahouseOptions = {
  /** Where the server is, such as `https://chat.example.org`. In a browser: the page's own origin when left out. */
  url?: string
  /** Tells several clients on one storage apart. */
  name?: string
  ports?: Partial<Ports>
}

export type Teahouse = {
  readonly api: Api

  /** Signs in with what storage holds. Answers whether somebody is signed in now. */
  restore(): Promise<boolean>
  register(input: RouteRequest<'register'>): Promise<Me>
  login(input: RouteRequest<'login'>): Promise<Me>
  /** Ends the session here and on the server, and forgets unsent messages. Never fails: without a network it ends here alone. */
  logout(): Promise<void>

  /** Connects and stays connected until `stop`, the end of the session, or a close code that forbids it. Resolves once live. */
  start(): Promise<void>
  /** Disconnects. Unsent messages stay for the next start. */
  stop(): void
  /** Stops waiting and tries now; also after a close that ended the trying. */
  reconnectNow(): void
  /** One command on the socket. Rejects with `unavailable` when there is no connection or no answer. */
  command<Type extends CommandType>(type: Type, payload: CommandInput<Type>): Promise<CommandReply<Type>>

  readonly state: State
  view<Key extends ViewKey>(key: Key): ViewOf<Key>
  /** Calls `changed` after every change of that view. Answers how to stop. */
  subscribe(key: ViewKey, changed: () => void): () => void
  /** Hears one kind of event, after the state has taken it in. Each lasting event once, in order, also across reconnects. */
  on<Type extends keyof ClientEvents>(type: Type, heard: (payload: ClientEvents[Type]) => void): () => void
  /** The same for `for await`, from now until `stop`, the end of the session or `break`. Ends with an error when the reader falls 10,000 events behind. */
  events<Type extends keyof ClientEvents = keyof ClientEvents>(
    ...types: Type[]
  ): AsyncIterableIterator<{ [One in Type]: { type: One; payload: ClientEvents[One] } }[Type]>
  /** The server's clock, in milliseconds, as well as it is known here. */
  serverNow(): number

  /** History. Each resolves when the messages are in the timeline; two equal calls at once are one request. */
  loadLatest(roomId: string): Promise<void>
  /** The page before the stretch that contains `seq`. */
  loadOlder(roomId: string, seq: number): Promise<void>
  /** The page after the stretch that contains `seq`. */
  loadNewer(roomId: string, seq: number): Promise<void>
  loadAround(roomId: string, seq: number): Promise<void>
  /** Nobody looks at this room any more; its older messages may leave memory. */
  closeTimeline(roomId: string): void
  /** The first page, or the next after what is loaded. */
  loadMembers(roomId: string, which?: 'first' | 'next'): Promise<void>
  loadPins(roomId: string, which?: 'first' | 'next'): Promise<void>

  /** Puts a message into the outbox: at once visible, kept over a reload, sent in order until answered. Answers its client_id. */
  send(roomId: string, draft: Draft): string
  /** Resolves once the message is committed; rejects when it is refused or discarded. */
  delivered(clientId: string): Promise<Sent>
  /** Tries a failed message again, or a waiting one at once. */
  retry(clientId: string): void
  /** Takes a message out of the outbox. One that is on its way may arrive all the same. */
  discard(clientId: string): void

  /** I have read up to here. Told to the server soon, only forward, and after a reconnect too. */
  markRead(roomId: string, seq: number): void
  /** Call at every keystroke: it tells the others seldom enough. */
  typing(roomId: string): void
  stopTyping(roomId: string): void
  /** Lasts over reconnects, until changed. */
  setPresence(status: PresenceStatus): void

  /** A loaded message by its id. */
  findMessage(roomId: string, messageId: string): Message | undefined
}
