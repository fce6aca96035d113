/** The beginning of a session, and what its owner gets for it. */
import { ChatError, FIXED_LIMITS, type Session } from '@teahouse/protocol'
import { newId } from '../domain/id.ts'
import type { Actor, Clock, Transaction } from './ports/transaction.ts'
import type { FindSignIn, Origin, SignIn, Tokens } from './ports/users.ts'

/** Somebody who is not signed in yet, and how the request wants to be remembered. */
export type Visit = { readonly client: Origin; readonly once: Actor['once'] }

/** What is remembered of a sign-in: never a token, only where new ones can be made from. */
export type Opened = { readonly session_id: string; readonly replayed?: true }

/** Whose name stands beside the idempotency key of those who have none yet. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** For `write`. */
export const rememberedAs = (once: Actor['once'], userId: string = NOBODY) => ({ user_id: userId, once })

/** A write that protects the account: it is not counted among the others, so that nobody who is busy is kept from it. */
export const byItself = ({ user_id, once }: Actor) => ({ user_id, once })

export async function openSession(tx: Pick<Transaction, 'sessions' | 'now'>, userId: string, client: Origin): Promise<Opened> {
  const session_id = newId()
  await tx.sessions.insert({ id: session_id, user_id: userId, origin: client }, tx.now)
  return { session_id }
}

export type SessionAnswer = Session & { replayed?: true }

/** Makes the tokens of an open session, those of its present generation. */
export function createTokenAnswer({ tokens, findSignIn, clock }: { tokens: Tokens; findSignIn: FindSignIn; clock: Clock }) {
  /** Throws unauthorized when the session is over. */
  return async ({ session_id, replayed }: Opened): Promise<SessionAnswer> => {
    const found = await findSignIn(session_id)
    if (!found || found.ended_at !== null) throw new ChatError('unauthorized')
    return { ...(await answerOf(found)), ...(replayed ? { replayed } : {}) }
  }
  async function answerOf({ session_id, generation, me }: SignIn): Promise<Session> {
    return {
      user: me,
      access_token: await tokens.access(me.id, session_id, clock.now()),
      refresh_token: tokens.refresh({ session_id, generation }),
      token_type: 'Bearer',
      expires_in: FIXED_LIMITS.accessTokenS,
    }
  }
}
