/** Which of the three faces is shown: the door, an invitation, or the rooms. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { InvitePage } from './account/invite.tsx'
import { SignPage } from './account/sign-page.tsx'
import { go, route } from './model/route.ts'
import { watch } from './model/tea.ts'
import { Notes } from './shell/notes.tsx'
import { Shell } from './shell/shell.tsx'
import { Dialogs } from './shell/dialogs.tsx'
import { Mark } from './ui/icon.tsx'

export function App(): VNode {
  const session = watch('session').value
  const cameByDoor = useSignal(false)
  const at = route.value
  if (session.status === 'unknown')
    return (
      <div class="first-paint">
        <Mark size={56} />
      </div>
    )
  if (session.status === 'signed_out') {
    cameByDoor.value = true
    return (
      <>
        <SignPage />
        <Notes />
      </>
    )
  }
  if (at.page === 'sign-in' || at.page === 'sign-up') queueMicrotask(() => go('/', 'replace'))
  return (
    <>
      {at.page === 'invite' ? <InvitePage code={at.code} straightIn={cameByDoor.value} /> : <Shell />}
      <Dialogs />
      <Notes />
    </>
  )
}
