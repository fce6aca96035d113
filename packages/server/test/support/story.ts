/** Tells examples to a real server: ids, tokens and codes that the examples made up are exchanged for those that it gave. */
import { ROUTE_EXAMPLES } from '@teahouse/protocol/examples'
import { PASSWORD, type Rest } from './rest.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** These are new every time; ids stay what they were at first. */
const FLEETING = new Set(['access_token', 'refresh_token', 'ticket', 'code'])

export function createStory() {
  const real = new Map<string, string>()
  const tokens = new Map<string, string>()

  /** Walks through example and answer side by side. */
  function learn(example: unknown, answer: unknown, key = ''): void {
    if (typeof example === 'string' && typeof answer === 'string') {
      if (FLEETING.has(key) || (ID.test(example) && !real.has(example))) real.set(example, answer)
      if (key === 'access_token') tokens.set('lin', answer)
    } else if (typeof example === 'object' && example !== null && typeof answer === 'object' && answer !== null)
      for (const [field, inner] of Object.entries(example)) learn(inner, (answer as Record<string, unknown>)[field], field)
  }

  /** The same input, with what is real. */
  function tell(value: unknown): unknown {
    if (typeof value === 'string') return real.get(value) ?? value
    if (Array.isArray(value)) return value.map(tell)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [real.get(key) ?? key, tell(inner)]))
  }

  return {
    learn,
    tell,
    tokenOf: (name: string): string => tokens.get(name) ?? '',

    /** Registers others than the teller of the story; their ids are those of the examples. */
    async people(rest: Rest, names: readonly ('amara' | 'jonas')[]): Promise<void> {
      const ids = {
        amara: ROUTE_EXAMPLES.get_user.input.user_id,
        jonas: ROUTE_EXAMPLES.kick_member.input.user_id,
      }
      for (const username of names) {
        const { body } = await rest.call('register', { username, email: `${username}@example.org`, password: PASSWORD })
        real.set(ids[username], body.user.id)
        tokens.set(username, body.access_token)
      }
    },
  }
}
