/** What an account is: which names and passwords it may have, who may use it, and what is left when it is deleted. */
import { ChatError, type Me, type User, wrongField } from '@teahouse/protocol'
import { COMMON_PASSWORDS } from './common-passwords.ts'
import { nameKey } from './name.ts'

const GONE = 'deleted-'
export const GONE_DISPLAY_NAME = 'deleted user'

/** The key that a person signs in with. An address has an @, a username never has one: the two can not be confused. */
export const loginKey = (login: string): string => nameKey(login.trim())

/** Names of deleted accounts are nobody's to take. Throws username_taken. */
export function assertUsernameMayBeTaken(username: string): void {
  if (nameKey(username).startsWith(GONE)) throw new ChatError('username_taken')
}

/** Throws validation_failed for one of the few thousand passwords that are tried first everywhere. */
export function assertUncommonPassword(field: 'password' | 'new_password', password: string): void {
  if (COMMON_PASSWORDS.has(nameKey(password)))
    throw wrongField(field, 'too_common', 'is one of the most common passwords; choose one that is yours alone')
}

/** Throws account_suspended; `unauthorized` for an account that is gone or asleep. */
export function assertActive({ status }: Pick<Me, 'status'>): void {
  if (status === 'suspended') throw new ChatError('account_suspended')
  if (status !== 'active') throw new ChatError('unauthorized')
}

/** What a deleted account is called. The end of a UUIDv7 is chance. */
export const goneUsername = (userId: string): string => GONE + userId.slice(-12)

/** The person as others see him. */
export const userOf = ({ id, username, display_name, avatar_url, status_text, is_bot, created_at }: Me): User => ({
  id,
  username,
  display_name,
  avatar_url,
  status_text,
  is_bot,
  created_at,
})
