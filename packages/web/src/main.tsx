/** Starts the client: session, connection, page. */
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
import { languageReady, pageLanguage } from './i18n/i18n.ts'
import { followPanel } from './model/panel.ts'
import { keepPresence } from './model/presence.ts'
import { followLinks } from './model/route.ts'
import { tea, watch } from './model/tea.ts'
import { theme } from './model/view-state.ts'
import { keepShell } from './shell/updates.ts'

const root = document.getElementById('app')

effect(() => void (document.documentElement.lang = pageLanguage.value))
effect(() => {
  if (theme.value) document.documentElement.dataset['theme'] = theme.value
  else delete document.documentElement.dataset['theme']
})
followLinks()
followPanel()
keepShell()

keepPresence() // before the connection, which tells it as soon as it may
// whoever is signed in is connected, whatever brought the session: this form, another tab, storage
effect(() => {
  if (watch('session').value.status === 'signed_in') void tea.start()
})
void tea.restore().catch((error: unknown) => console.error(error))
await languageReady()
if (root) {
  root.textContent = ''
  render(<App />, root)
}
