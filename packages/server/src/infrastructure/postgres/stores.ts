/** All stores on one executor: the pool, or a transaction. */
import type { Stores } from '../../application/ports/transaction.ts'
import { banStore } from './bans.ts'
import type { Sql } from './database.ts'
import { inviteStore } from './invites.ts'
import { memberStore } from './members.ts'
import { messageStore } from './messages.ts'
import { roomStore } from './rooms.ts'
import { sessionStore } from './sessions.ts'
import { userStore } from './users.ts'

export const createStores = (db: Sql): Stores => ({
  users: userStore(db),
  sessions: sessionStore(db),
  rooms: roomStore(db),
  members: memberStore(db),
  bans: banStore(db),
  invites: inviteStore(db),
  messages: messageStore(db),
})
