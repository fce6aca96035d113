/** Whether somebody is called so, by the rule by which the server finds members: for those who are known here already. */
import type { User } from '@teahouse/sdk'

const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const BETWEEN_WORDS = /[\s\p{P}\p{S}]/u

const folded = (text: string) => text.normalize('NFKC').toLowerCase()

/** Their username begins so, or a word of their name does; where words have no spaces between them, a word begins anywhere. */
export function isCalled({ username, display_name }: Pick<User, 'username' | 'display_name'>, q: string): boolean {
  const asked = folded(q.trim())
  const name = folded(display_name)
  if (folded(username).startsWith(asked)) return true
  if (UNSPACED.test(asked)) return name.includes(asked)
  for (let at = name.indexOf(asked); at >= 0; at = name.indexOf(asked, at + 1))
    if (at === 0 || BETWEEN_WORDS.test(name.charAt(at - 1))) return true
  return false
}
