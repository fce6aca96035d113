/** One table: command → act. Every command's payload is checked by the protocol's schema of the same name. */
import { type CommandPayload, type CommandReply, COMMANDS, type CommandType } from '@teahouse/protocol'
import type { Messages } from '../../application/messages.ts'
import type { Actor } from '../../application/ports/transaction.ts'
import type { Presence } from '../../application/presence.ts'
import type { Rooms } from '../../application/rooms.ts'
import type { Turns } from '../../application/turns.ts'
import type { Typing } from '../../application/typing.ts'
import type { Connection } from './connection.ts'

/** What a command does for a signed-in connection; its reply, or nothing where nobody asked. */
type Run<Type extends CommandType> = (
  input: CommandPayload<Type>,
  actor: Actor,
  connection: Connection,
) => Promise<CommandReply<Type>> | CommandReply<Type>

/** `authenticate` and `ping` are answered by frames of their own, before this table. */
export type CommandTable = { readonly [Type in Exclude<CommandType, 'authenticate' | 'ping'>]: Run<Type> }

export type CommandPorts = { messages: Messages; rooms: Rooms; presence: Presence; typing: Typing; turns: Turns; now: () => Date }

export function createCommands({ messages, rooms, presence, typing, turns, now }: CommandPorts): CommandTable {
  return {
    send_message: (input, actor) => messages.send(actor, input),
    edit_message: async (input, actor) => ({ seq: (await messages.edit(actor, input)).event_seq }),
    delete_message: (input, actor) => messages.delete(actor, input),
    recall_message: async (input, actor) => ({ seq: (await messages.recall(actor, input)).event_seq }),
    add_reaction: (input, actor) => messages.addReaction(actor, input),
    remove_reaction: (input, actor) => messages.removeReaction(actor, input),
    join_room: async (input, actor) => {
      const { membership, ...room } = await rooms.join(actor, input)
      return { room, membership }
    },
    leave_room: async (input, actor) => {
      await rooms.leave(actor, input)
      return {}
    },
    mark_read: async (input, actor) => {
      const { last_read_seq, unread_count, mention_count } = await turns(actor.user_id, () => messages.markRead(actor, input))
      return { last_read_seq, unread_count, mention_count }
    },
    typing_start: async ({ room_id }, actor, connection) => {
      await assertHears(connection, actor, room_id, rooms)
      typing.start(room_id, actor.user_id)
      return {}
    },
    typing_stop: async ({ room_id }, actor, connection) => {
      await assertHears(connection, actor, room_id, rooms)
      typing.stop(room_id, actor.user_id)
      return {}
    },
    set_presence: async ({ status }, actor) => {
      await presence.setStatus(actor.user_id, status)
      return {}
    },
    get_events: (input, actor) => turns(actor.user_id, () => messages.events(actor, input)),
    heartbeat: (_input, _actor, connection) => ({
      server_time: now().toISOString(),
      heads: Object.fromEntries(connection.rooms.map(({ stream, position }) => [stream, position])),
    }),
  }
}

/** The connection's own list answers at once for members; for others the room says why not. Throws room_not_found, not_a_member. */
async function assertHears(connection: Connection, actor: Actor, roomId: string, rooms: Rooms): Promise<void> {
  if (!connection.feedOf(roomId)) await rooms.assertMember(actor, roomId)
}

/** The schema of a command's payload; undefined for a word that we do not know. */
export const schemaOf = (type: string) => (Object.hasOwn(COMMANDS, type) ? COMMANDS[type as CommandType].payload : undefined)
