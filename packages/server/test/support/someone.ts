/** Somebody for tests of the live side without a database: as an actor, and as a snapshot tells it. */
import type { Snapshot } from '../../src/application/ports/live.ts'

export function someone(id: string) {
  const user = {
    id,
    username: 'mei',
    display_name: 'Mei',
    avatar_url: null,
    status_text: null,
    is_bot: false,
    created_at: '2026-01-01T00:00:00.000Z',
  }
  const actor = { user_id: id, session_id: 'session', is_admin: false, user }
  const me = { ...user, email: null, is_admin: false, status: 'active' } as unknown as Snapshot['me']
  return { actor, me }
}
