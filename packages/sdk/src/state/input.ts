/** Everything that can change the state: frames of the server as they came, and answers to what the client asked. */
import type {
  CaughtUp,
  JoinedRoom,
  List,
  Me,
  Member,
  Message,
  MessagePage,
  Ready,
  RoomEvent,
  RoomRemovalReason,
  Signal,
  UserEvent,
} from '@teahouse/protocol'

/** Which part of the history a page holds; without any of the three, the newest. */
export type PagePlace = { before_seq?: number; after_seq?: number; around_seq?: number }

export type Input =
  | RoomEvent
  | UserEvent
  | Signal
  /**
   * `resumed`: the missed events follow, until `caught_up`, of all rooms but those in `unnamed`, which did not fit into the resume.
   * `other_history`: the server was restored; rooms it does not know to be reset, because they were not named, begin anew too.
   * Not resumed: everything known before is replaced.
   */
  | { type: 'ready'; payload: Ready; resumed: boolean; unnamed?: ReadonlySet<string>; other_history?: boolean }
  | { type: 'caught_up'; payload: CaughtUp }
  /** `asked_at_seq`: the room's last_seq here when the page was asked for. */
  | { type: 'messages_loaded'; room_id: string; place: PagePlace; page: MessagePage; asked_at_seq: number }
  | { type: 'members_loaded'; room_id: string; page: List<Member>; first: boolean; asked_at_seq: number }
  | { type: 'pins_loaded'; room_id: string; page: List<Message>; first: boolean; asked_at_seq: number }
  /** The room fetched anew: unread counts, name and all. Adds the room when it is not there. */
  | { type: 'room_loaded'; room: JoinedRoom }
  | { type: 'room_lost'; room_id: string; reason: RoomRemovalReason | null }
  /** I read up to `seq` in this client; the server will be told. */
  | { type: 'read_here'; room_id: string; seq: number }
  /** The server's answer to `mark_read`. */
  | { type: 'read_answered'; room_id: string; last_read_seq: number; unread_count: number; mention_count: number }
  /** Nobody looks at the history of this room any more: all but its newest messages may go. */
  | { type: 'timeline_closed'; room_id: string }
  | { type: 'me_loaded'; user: Me }
  /** Ends typing that has run out. */
  | { type: 'time_passed' }
  | { type: 'signed_out' }
