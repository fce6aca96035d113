/** What somebody who guards the server wants to read: who came in, who was refused and why. Never a password or a token. */
import type { Limited } from './limits.ts'

type Who = { readonly user_id: string; readonly session_id?: string }

export type SecurityEvent =
  | ({ readonly event: 'registered' | 'signed_in'; readonly address: string } & Who)
  /** `account`: the username when there is such an account; else only a seal of what was typed, for it may have been a password. */
  | {
      readonly event: 'sign_in_failed'
      readonly account: string
      readonly user_id: string | null
      readonly address: string
      readonly why: SignInFailure
    }
  /** A refresh token was used twice: somebody else has it too. Its session has ended. */
  | ({ readonly event: 'refresh_token_reused'; readonly address: string } & Who)
  | ({ readonly event: 'password_changed' | 'password_not_confirmed' | 'account_deleted' } & Who)
  /** Said once in a while for the same key, however often it happens. `key`: a user, a part of the network, or a seal of a name. */
  | { readonly event: 'rate_limited'; readonly kind: Limited; readonly key: string }
  | { readonly event: 'account_suspended'; readonly session_id: string }

export type SignInFailure = 'no_such_account' | 'wrong_password' | 'account_suspended'

export type SecurityLog = (event: SecurityEvent) => void
