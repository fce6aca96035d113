/** Why Redis can not be used, in words for its operator. */
import { absence, causesOf, certificateRefusal } from '../refusals.ts'

/** For the end of a sentence; null when the error says something else. */
export function troubleOf(error: unknown): string | null {
  const says = (words: RegExp) => causesOf(error).some(({ message }) => words.test(message))
  if (says(/^WRONGPASS/)) return 'it does not accept the user and password in REDIS_URL'
  if (says(/^NOAUTH/)) return 'it wants a password in REDIS_URL'
  if (says(/^NOPERM/)) return 'it does not allow the user in REDIS_URL what is needed'
  const known = certificateRefusal(error) ?? absence(error)
  if (known !== null) return known
  if (says(/timeout|in time/)) return 'it does not answer in time'
  return says(/ECONNRESET|closed/) ? 'it closes our connections, as when it stops, or when only one of us speaks TLS' : null
}
