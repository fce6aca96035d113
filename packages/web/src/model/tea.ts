/** The one client of this page, and its views as signals. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { createTeahouse, type Me, type ViewKey, type ViewOf } from '@teahouse/sdk'

export const tea = createTeahouse()

const watched = new Map<ViewKey, Signal<unknown>>()

/** The view as a signal: the same one for the same key, so that a list of a thousand names is watched once. */
export function watch<Key extends ViewKey>(key: Key): ReadonlySignal<ViewOf<Key>> {
  let kept = watched.get(key)
  if (!kept) {
    const made = signal<unknown>(tea.view(key))
    tea.subscribe(key, () => (made.value = tea.view(key)))
    watched.set(key, (kept = made))
  }
  return kept as ReadonlySignal<ViewOf<Key>>
}

/** Who I am; only asked for where somebody is signed in. */
export function me(): Me {
  const session = watch('session').value
  if (session.status !== 'signed_in') throw new Error('nobody is signed in')
  return session.user
}
