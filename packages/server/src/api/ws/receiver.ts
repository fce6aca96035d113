/** From a text on a socket to an act and its answer. A bad command never closes the socket; three malformed frames in a row do. */
import { Authenticate, ChatError, CLOSE, codePoints, FIXED_LIMITS, type Resume } from '@teahouse/protocol'
import type { Trace } from '../../application/ports/trace.ts'
import type { SignedInSocket, SocketCredentials } from '../../application/sessions.ts'
import { newId } from '../../domain/id.ts'
import { errorObject, problemsOf } from '../problems.ts'
import { type CommandTable, schemaOf } from './commands.ts'
import type { Command, Connection } from './connection.ts'
import type { Entry } from './entry.ts'
import type { Hub } from './hub.ts'

export type ReceiverPorts = {
  commands: CommandTable
  entry: Entry
  hub: Hub
  authenticate: (credentials: SocketCredentials) => Promise<SignedInSocket>
  connectionsPerUser: number
  /** True once the server is leaving: nobody is let in any more. */
  isDraining: () => boolean
  onArrival: (connection: Connection) => void
  onCommand: (type: string, outcome: string, ms: number) => void
  trace: Trace | null
  report: (error: unknown, requestId: string) => void
}

type AnyRun = (input: unknown, actor: unknown, connection: Connection) => unknown

const MALFORMED_IN_A_ROW = 3

export function createReceiver(ports: ReceiverPorts) {
  const { commands, entry, hub, authenticate, connectionsPerUser, isDraining, onArrival, onCommand, trace, report } = ports

  /** Says what went wrong to whoever asked; returns its code. */
  function refuse(connection: Connection, id: string | undefined, thrown: unknown): string {
    const requestId = newId()
    const { error } = errorObject(thrown, requestId, (unexpected) => report(unexpected, requestId))
    connection.send(JSON.stringify(id === undefined ? { type: 'error', payload: error } : { type: 'error', id, payload: error }))
    return error.code
  }

  function malformed(connection: Connection, { problem, id }: Malformed): void {
    refuse(connection, id, new ChatError('malformed_request', { message: problem }))
    if (++connection.malformedInARow >= MALFORMED_IN_A_ROW) hub.close(connection, 'malformed_frame')
  }

  async function run(connection: Connection, command: Command): Promise<void> {
    const started = performance.now()
    const name = command.type === 'authenticate' || Object.hasOwn(commands, command.type) ? command.type : 'other'
    const answered = trace
      ? trace.during(
          { name: `command ${name}`, side: 'server', about: { 'teahouse.act': name, 'teahouse.connection_id': connection.id } },
          () => answer(connection, command),
        )
      : answer(connection, command)
    const outcome = await answered.then(
      () => 'ok',
      (error: unknown) => refuse(connection, command.id, error),
    )
    onCommand(name, outcome, performance.now() - started)
  }

  async function answer(connection: Connection, { type, id, payload }: Command): Promise<void> {
    if (type === 'authenticate') return comeIn(connection, id, checked(Authenticate, payload))
    const { actor } = connection
    if (!actor) throw new ChatError('unauthorized', { message: 'Authenticate first.' })
    const schema = schemaOf(type)
    if (!schema) throw new ChatError('malformed_request', { message: `There is no command ${JSON.stringify(type.slice(0, 64))}.` })
    const act = commands[type as keyof CommandTable] as AnyRun
    const reply = await act(checked(schema, payload), actor, connection)
    if (id !== undefined) connection.send(`{"type":"reply","id":${JSON.stringify(id)},"payload":${JSON.stringify(reply)}}`)
  }

  /** Signs the connection in, or renews its time. Wrong credentials end it. */
  async function comeIn(connection: Connection, id: string | undefined, { token, ticket, resume }: Authenticate): Promise<void> {
    try {
      if (isDraining()) throw new ChatError('unavailable', { message: 'The server is leaving; connect again.' })
      const signedIn = await authenticate(token === undefined ? { ticket: ticket ?? '' } : { token })
      if (connection.closed) return
      if (connection.actor) return await renew(connection, signedIn, id, resume)
      if (connectionsPerUser > 0 && hub.countOf(signedIn.actor.user_id) >= connectionsPerUser)
        return hub.close(connection, 'too_many_connections')
      connection.actor = signedIn.actor
      hub.welcome(connection, signedIn.actor.user_id)
      await entry.enter(connection, signedIn, id, resume)
      if (!connection.closed) onArrival(connection)
    } catch (error) {
      refuse(connection, id, error)
      const code = error instanceof ChatError ? error.code : 'internal_error'
      if (code === 'account_suspended') hub.close(connection, 'account_suspended')
      else if (code === 'unauthorized' || code === 'token_expired') hub.close(connection, 'unauthorized')
      else if (code !== 'validation_failed') hub.close(connection, 'going_away') // it comes back and tries again
    }
  }

  /** The same user and session with a fresh token: everything is as it was, and `ready` says how it is. Who says what he has comes in anew. */
  async function renew(
    connection: Connection,
    signedIn: SignedInSocket,
    id: string | undefined,
    resume: Resume | undefined,
  ): Promise<void> {
    const { user_id, session_id } = signedIn.actor
    if (connection.actor?.user_id !== user_id || connection.actor.session_id !== session_id)
      throw new ChatError('unauthorized', { message: 'This socket belongs to another user or session.' })
    await (resume ? entry.enterAnew(connection, signedIn, id, resume) : entry.renew(connection, signedIn, id))
  }

  return {
    /** Its upgrade said who it is; its first commands wait until it is in. */
    admit(connection: Connection, payload: SocketCredentials): void {
      if (!Authenticate.safeParse(payload).success) {
        refuse(connection, undefined, new ChatError('unauthorized')) // an empty token, or one that is too long to be one
        return hub.close(connection, 'unauthorized')
      }
      connection.enqueue({ type: 'authenticate', id: undefined, payload, bytes: 0 }, (next) => run(connection, next), isMessage)
    },

    receive(connection: Connection, text: string | Uint8Array): void {
      if (connection.closed) return
      if (typeof text !== 'string') return malformed(connection, { problem: 'Frames are text.' })
      const command = parse(text)
      if ('problem' in command) return malformed(connection, command)
      connection.malformedInARow = 0
      if (command.type === 'ping')
        return connection.send(
          command.id === undefined ? '{"type":"pong","payload":{}}' : `{"type":"pong","id":${JSON.stringify(command.id)},"payload":{}}`,
        )
      const taken = connection.enqueue(command, (next) => run(connection, next), isMessage)
      if (!taken) connection.close(CLOSE.too_many_commands, 'too_many_commands')
    },
  }
}
export type Receiver = ReturnType<typeof createReceiver>

/** Messages keep their order in the writer, so one may follow the other before it is committed. */
const isMessage = ({ type }: Command): boolean => type === 'send_message'

/** What is wrong with a frame, and which it was, when that can be read. */
type Malformed = { readonly problem: string; readonly id?: string | undefined }

const NO_OBJECT: Malformed = { problem: 'A frame is one JSON object.' }

/** By hand: every frame comes through here. */
function parse(text: string): Command | Malformed {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return NO_OBJECT
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) return NO_OBJECT
  const { type, id, payload = {} } = frame as { type?: unknown; id?: unknown; payload?: unknown }
  if (id !== undefined && (typeof id !== 'string' || id === '' || codePoints(id) > FIXED_LIMITS.clientFrameId))
    return { problem: `The id of a frame is text of 1 to ${FIXED_LIMITS.clientFrameId} characters.` }
  if (typeof type !== 'string' || type === '') return { problem: 'A frame has a type, which is text.', id }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return { problem: 'The payload of a frame is an object.', id }
  return { type, id, payload, bytes: text.length }
}

type Schema<Output> = {
  safeParse(value: unknown): { success: true; data: Output } | { success: false; error: { issues: readonly unknown[] } }
}

/** Throws validation_failed with every problem. */
function checked<Output>(schema: Schema<Output>, payload: unknown): Output {
  const result = schema.safeParse(payload)
  if (!result.success) throw new ChatError('validation_failed', { details: problemsOf(result.error) })
  return result.data
}
