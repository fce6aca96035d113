/** How a server under test spells its frames: told apart by a few bytes, because parsing a million a second would be the bottleneck. */
import { clientFrame } from './socket.ts'

export const OTHER = 0
export const MESSAGE = 1
export const REPLY = 2
export const REFUSAL = 3
export const READY = 4
export const CAUGHT_UP = 5
export const PING = 6

export type Resume = Readonly<Record<string, number>>

export type Dialect = {
  readonly path: string
  /** What a client says first. */
  greeting(token: string, resume?: Resume): Buffer
  /** One of the constants above. */
  kind(bytes: Buffer, start: number, end: number): number
  /** The text of a send. `number` has NUMBER_DIGITS digits and comes back by `repliedNumber`. */
  send(number: string, room: string, client: string, content: string): string
  repliedNumber(bytes: Buffer, start: number, end: number): number
  /** The error code of a refusal. */
  refusal(text: string): string
  readonly pong: Buffer
  /** Whether `seq` counts 1, 2, 3 in each room, so that a hole is a loss. */
  readonly dense: boolean
}

/** Numbers of sends are written with that many digits, so that a frame is made once and only its digits change. */
export const NUMBER_DIGITS = 12

const letter = (text: string) => text.charCodeAt(0)
const [m, r, e, c, s, p, a, quote, underscore] = ['m', 'r', 'e', 'c', 's', 'p', 'a', '"', '_'].map(letter)

/** The number of decimal digits at `at`; stops at the first other byte. */
export function digits(bytes: Buffer, at: number): number {
  let value = 0
  for (let digit = (bytes[at] ?? 0) - 48; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - 48) value = value * 10 + digit
  return value
}

/** The kind of a frame whose type begins at `at`, in the words of Teahouse. */
function kindAt(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case m:
      return bytes[at + 8] === s && bytes[at + 7] === underscore && bytes[at + 12] === quote ? MESSAGE : OTHER // message_sent
    case r:
      if (bytes[at + 1] !== e) return OTHER
      if (bytes[at + 2] === p) return REPLY
      return bytes[at + 2] === a && bytes[at + 5] === quote ? READY : OTHER // not reaction_added, not read_marker_moved
    case e:
      return bytes[at + 1] === r ? REFUSAL : OTHER
    case c:
      return bytes[at + 1] === a ? CAUGHT_UP : OTHER
    default:
      return OTHER
  }
}

const ID = Buffer.from('"id":"')

/** Teahouse's own protocol, which the prototype and the small peers speak too. */
export function teahouse(dense = true): Dialect {
  return {
    path: '/ws',
    dense,
    greeting: (token, resume) =>
      clientFrame(JSON.stringify({ type: 'authenticate', id: 'a', payload: { token, ...(resume && { resume: { rooms: resume } }) } })),
    kind: (bytes, start) => kindAt(bytes, start + 9),
    send: (number, room, client, content) =>
      `{"type":"send_message","id":"${number}","payload":{"room_id":"${room}","client_id":"${client}","content":"${content}"}}`,
    repliedNumber: (bytes, start) => digits(bytes, bytes.indexOf(ID, start) + ID.length),
    refusal: (text) => (JSON.parse(text) as { payload: { code: string } }).payload.code,
    pong: clientFrame('{"type":"ping","payload":{}}'),
  }
}

const [two, three, four, bracket] = ['2', '3', '4', '['].map(letter)

/** Socket.IO 4 over its WebSocket transport: Engine.IO packets 2 and 3 are ping and pong, 42 an event, 43 an acknowledgement. */
export const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  dense: false,
  greeting: (token, resume) => clientFrame(`40${JSON.stringify({ token, resume })}`),
  kind(bytes, start) {
    if (bytes[start] === two) return PING
    if (bytes[start] !== four) return OTHER
    if (bytes[start + 1] === three) return REPLY
    return bytes[start + 1] === two && bytes[start + 2] === bracket ? kindAt(bytes, start + 4) : OTHER
  },
  send: (number, room, client, content) =>
    `42${number}["send_message",{"room_id":"${room}","client_id":"${client}","content":"${content}"}]`,
  repliedNumber: (bytes, start) => digits(bytes, start + 2),
  refusal: (text) => text,
  pong: clientFrame(Buffer.from([three ?? 0])),
}
