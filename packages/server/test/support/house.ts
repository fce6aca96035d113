/**
 * A house with guests: each acts through REST by the names of routes and on sockets by the names of commands; everything that anybody
 * hears is held against the protocol, and `close` throws what contradicted it.
 *
 *     const house = await openTeahouse()
 *     const [ann, ben] = await house.guests(2)
 *     const room = await ann.call('create_room', { name: 'kitchen' })
 *     const phone = await ben.connect()
 */
import type { ErrorCode, JoinedRoom, Ready, Resume, RouteAnswer, RouteName, RouteRequest, Session, User } from '@teahouse/protocol'
import { newId } from '../../src/domain/id.ts'
import { createAccounts } from '../../src/application/accounts.ts'
import { openDatabase } from '../../src/infrastructure/postgres/database.ts'
import { createFindSignIn } from '../../src/infrastructure/postgres/sign-ins.ts'
import { createStores } from '../../src/infrastructure/postgres/stores.ts'
import { createWrite } from '../../src/infrastructure/postgres/transactions.ts'
import { createTokens } from '../../src/infrastructure/security/tokens.ts'
import { type Answer, openHouse, SECRET } from './rest.ts'
import { codeOf, Refused, TestSocket } from './socket.ts'
import { wrongWithAnswer } from './witness.ts'

export { codeOf, Refused, TestSocket } from './socket.ts'
export { until } from './until.ts'

type Options = { key?: string }
export type Guest = {
  readonly id: string
  readonly username: string
  readonly user: User
  readonly session: Session
  readonly token: string
  /** REST. Throws Refused. */
  call<Name extends RouteName>(name: Name, input: RouteRequest<Name>, options?: Options): Promise<RouteAnswer<Name>>
  answer<Name extends RouteName>(name: Name, input: RouteRequest<Name>, options?: Options): Promise<Answer<RouteAnswer<Name>>>
  /** How a request with any input ends: `ok`, or the code of its refusal. */
  refusal(name: RouteName, input: Record<string, unknown>, options?: Options): Promise<ErrorCode | 'ok'>
  /** A socket that is in. With `resume`, it has caught up. */
  connect(resume?: Resume): Promise<Entered>
  /** A socket whose upgrade said who it is. */
  connectAtOnce(): Promise<Entered>
  /** Sends a text by REST. */
  say(roomId: string, content: string): Promise<RouteAnswer<'send_message'>>
}
export type Entered = TestSocket & { readonly ready: Ready }
/** As many as were asked for, known by the compiler up to five. */
type Several<Count extends number> = Count extends 2
  ? [Guest, Guest]
  : Count extends 3
    ? [Guest, Guest, Guest]
    : Count extends 4
      ? [Guest, Guest, Guest, Guest]
      : Count extends 5
        ? [Guest, Guest, Guest, Guest, Guest]
        : Guest[]
export type Teahouse = Awaited<ReturnType<typeof openTeahouse>>

const NOBODY = '0193a5f0-6a3e-7cc1-9d5e-2f1f5c9d4b10'
/** Ids of nothing. */
export const UNKNOWN = NOBODY
export const clientId = (): string => crypto.randomUUID()

export async function openTeahouse(environment: Record<string, string> = {}) {
  const house = await openHouse(environment)
  const wrong: string[] = []
  const sockets: TestSocket[] = []
  const { register, database } = await openDoor(house.databaseUrl)

  async function answer<Name extends RouteName>(
    name: Name,
    input: RouteRequest<Name>,
    options: Options & { token?: string } = {},
  ): Promise<Answer<RouteAnswer<Name>>> {
    const given = await house.call(name, input, options)
    wrong.push(...wrongWithAnswer(name, given.status, given.error ? { error: given.error } : given.body, given.headers))
    return given
  }

  async function call<Name extends RouteName>(name: Name, input: RouteRequest<Name>, options: Options & { token?: string } = {}) {
    const given = await answer(name, input, options)
    if (given.error) throw new Refused(name, given.error)
    return given.body
  }

  /** A socket that has said nothing yet. */
  function socket(options: { query?: string; headers?: Record<string, string> } = {}): TestSocket {
    const made = new TestSocket(house.url, wrong, options)
    sockets.push(made)
    return made
  }

  function guestOf(session: Session): Guest {
    const token = session.access_token
    const { email: _email, status: _status, is_admin: _admin, ...user } = session.user
    const mine: Guest = {
      id: user.id,
      username: user.username,
      user,
      session,
      token,
      call: (name, input, options = {}) => call(name, input, { ...options, token }),
      answer: (name, input, options = {}) => answer(name, input, { ...options, token }),
      refusal: (name, input, options = {}) => codeOf(call(name, input as never, { ...options, token })),
      async connect(resume) {
        const made = socket()
        const ready = await made.enter(resume ? { token, resume } : { token })
        return Object.assign(made, { ready })
      },
      async connectAtOnce() {
        const made = socket({ headers: { authorization: `Bearer ${token}` } })
        const ready = (await made.expectEvent('ready')) as unknown as Ready
        return Object.assign(made, { ready })
      },
      say: (roomId, content) => call('send_message', { room_id: roomId, content, client_id: clientId() }, { token }),
    }
    return mine
  }

  return {
    url: house.url,
    databaseUrl: house.databaseUrl,
    logged: house.logged,
    raw: house.raw,
    /** What contradicted the protocol so far. */
    wrong,
    answer,
    call,
    socket,
    guestOf,

    async guest(username = `guest-${newId().slice(-12)}`): Promise<Guest> {
      return guestOf(await register(username))
    },

    /** New people, for destructuring: `const [ann, ben] = await house.guests(2)`. */
    async guests<Count extends number>(count: Count): Promise<Several<Count>> {
      return (await Promise.all(Array.from({ length: count }, () => this.guest()))) as Several<Count>
    },

    /** A public room of these people; the first owns it. */
    async room(owner: Guest, members: readonly Guest[] = [], more: Partial<RouteRequest<'create_room'>> = {}): Promise<JoinedRoom> {
      const { id } = await owner.call('create_room', { name: `room ${newId()}`, ...more })
      for (const { id: user_id } of members) await owner.call('add_member', { room_id: id, user_id })
      return (await owner.call('get_room', { room_id: id })) as JoinedRoom
    },

    /** Ends all sockets and the server; throws when anything said contradicts the protocol, or the database a promise. */
    async close(): Promise<void> {
      for (const each of sockets) if (!each.closed) each.terminate()
      await database.close()
      await house.close()
      const bugs = house.logged.filter((line) => line.includes('"something failed"') && line.includes('"level":"error"'))
      if (wrong.length > 0) throw new Error(`The server said what it should not:\n${[...new Set(wrong)].slice(0, 20).join('\n')}`)
      if (bugs.length > 0) throw new Error(`The server met bugs:\n${bugs.slice(0, 5).join('\n')}`)
    },
  }
}

/** Accounts as registration makes them, but for the slow hash of a password, which nobody here uses. */
async function openDoor(url: string) {
  const database = await openDatabase(url, () => {}, 4)
  const clock = { now: () => new Date() }
  const accounts = createAccounts({
    stores: createStores(database),
    findSignIn: createFindSignIn(database),
    write: createWrite(database, clock, () => {}),
    passwords: { hash: async () => 'no password', matches: async () => false },
    tokens: await createTokens(SECRET),
    rates: { take: () => {}, peek: () => null },
    clock,
    sessionEnded: () => {},
    erasure: { finish: async () => {} },
    securityLog: () => {},
    registration: 'open',
  })
  const visit = { client: { address: '127.0.0.1', userAgent: null }, once: undefined }
  const register = (username: string): Promise<Session> =>
    accounts.register({ username, email: `${username}@example.org`, password: 'oolong on tuesday' }, visit)
  return { database, register }
}
