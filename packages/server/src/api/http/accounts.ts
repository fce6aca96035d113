/** The routes of accounts and sessions. */
import type { Accounts } from '../../application/accounts.ts'
import type { Sessions } from '../../application/sessions.ts'
import type { Handlers } from './handlers.ts'

type AccountRoutes =
  | 'register'
  | 'login'
  | 'refresh'
  | 'logout'
  | 'list_sessions'
  | 'end_session'
  | 'create_ws_ticket'
  | 'get_me'
  | 'update_me'
  | 'change_password'
  | 'delete_me'
  | 'search_users'
  | 'get_user'

export const accountHandlers = (accounts: Accounts, sessions: Sessions): Pick<Handlers, AccountRoutes> => ({
  register: ({ input, ...visit }) => accounts.register(input, visit),
  login: ({ input, ...visit }) => sessions.login(input, visit),
  refresh: ({ input, client }) => sessions.refresh(input, client),
  logout: ({ actor }) => sessions.logout(actor),
  list_sessions: ({ actor, input }) => sessions.list(actor, input),
  end_session: ({ actor, input }) => sessions.end(actor, input),
  create_ws_ticket: ({ actor }) => sessions.createTicket(actor),
  get_me: ({ actor }) => accounts.getMe(actor),
  update_me: ({ actor, input }) => accounts.updateMe(actor, input),
  change_password: ({ actor, input }) => accounts.changePassword(actor, input),
  delete_me: ({ actor, input }) => accounts.deleteMe(actor, input),
  search_users: ({ input }) => accounts.searchUsers(input),
  get_user: ({ input }) => accounts.getUser(input),
})
