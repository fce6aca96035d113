/** The frame of a send, made once for each sender: only the digits of its number change. */
import type { Client } from './crowd.ts'
import { type Dialect, NUMBER_DIGITS } from './dialect.ts'
import { clientFrame } from './socket.ts'

const CONTENT_CHARACTERS = 200
const PLACES = ['900000000001', '900000000002', '900000000003'] as const // NUMBER_DIGITS long, and nowhere else in the frame
const WORDS = ' the kettle sings, the cups are warm, and whoever comes in from the rain finds a place at the long table'.repeat(2)

export type Draft = { readonly client: Client; readonly roomId: string; readonly frame: Buffer; readonly numbersAt: readonly number[] }

/** What stands in the content before the number, so that a delivered message tells whose send it is. */
export const markOf = (tag: string) => `#${tag}-`

/** `tag` has 8 hexadecimal digits and tells the sends of one run from those of all others. */
export function newDraft(dialect: Dialect, client: Client, roomId: string, tag: string): Draft {
  const content = `${markOf(tag)}${PLACES[2]}${WORDS}`.slice(0, CONTENT_CHARACTERS)
  const frame = clientFrame(dialect.send(PLACES[0], roomId, `${tag}-0000-4000-8000-${PLACES[1]}`, content))
  return { client, roomId, frame, numbersAt: PLACES.map((place) => frame.indexOf(place)) }
}

export function writeNumber({ frame, numbersAt }: Draft, number: number): void {
  for (const start of numbersAt) {
    let left = number
    for (let at = start + NUMBER_DIGITS - 1; at >= start; at--) {
      frame[at] = 48 + (left % 10)
      left = Math.floor(left / 10)
    }
  }
}
