/** My own profile, in everything that shows it. Of other people's changes no event tells: `users` keeps them as last seen. */
import type { Me, Message, User } from '@teahouse/protocol'
import { meet, sameUser } from './people.ts'
import type { RoomState, State } from './state.ts'
import { mapChanged, mapMessages } from './timeline.ts'

export function withMe(state: State, me: Me): State {
  const { email: _email, status: _status, is_admin: _admin, ...user } = me
  if (state.me && sameUser(state.me, me)) return meet({ ...state, me }, [user])
  const rooms = new Map(Array.from(state.rooms, ([id, room]) => [id, shownIn(room, user)]))
  return meet({ ...state, me, rooms }, [user])
}

function shownIn(room: RoomState, me: User): RoomState {
  const inMessage = (message: Message) => renamed(message, me)
  const { last_message, members } = room.about
  return {
    ...room,
    about: {
      ...room.about,
      last_message: last_message && inMessage(last_message),
      ...(members && { members: members.map((user) => (user.id === me.id ? me : user)) }),
    },
    timeline: mapMessages(room.timeline, inMessage),
    members: room.members && {
      ...room.members,
      items: mapChanged(room.members.items, (member) => (member.user.id === me.id ? { ...member, user: me } : member)),
    },
    pins: room.pins && { ...room.pins, items: mapChanged(room.pins.items, inMessage) },
  }
}

function renamed(message: Message, me: User): Message {
  const quoted = message.reply_to?.sender.id === me.id ? { ...message.reply_to, sender: me } : message.reply_to
  return message.sender.id === me.id
    ? { ...message, sender: me, reply_to: quoted }
    : quoted === message.reply_to
      ? message
      : { ...message, reply_to: quoted }
}
