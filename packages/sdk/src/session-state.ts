/** Whether somebody is signed in here, and if not, why. */
import type { Me } from '@teahouse/protocol'

export type SignedOutReason =
  | 'never' // nobody has signed in here
  | 'logout' // here or in another tab
  | 'session_ended' // from another device, or by a changed password
  | 'account_suspended'
  | 'expired' // too long away

export type SessionState =
  | { readonly status: 'unknown' } // until restore() has looked
  | { readonly status: 'signed_out'; readonly reason: SignedOutReason }
  | { readonly status: 'signed_in'; readonly user: Me }
