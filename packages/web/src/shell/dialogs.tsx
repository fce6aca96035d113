/** The dialog that is open, if any. Those that are seldom needed are loaded when they are. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { AskDialog } from '../dialogs/ask.tsx'
import { React } from '../dialogs/react.tsx'
import { closeDialog, type Dialog, dialog, sayError } from '../model/view-state.ts'

export function Dialogs(): VNode | null {
  const open = dialog.value
  if (!open) return null
  switch (open.kind) {
    case 'ask':
      return <AskDialog key={open.title} question={open} />
    case 'react':
      return <React message={open.message} />
    default:
      return <Late key={open.kind} open={open} />
  }
}

type LateDialog = Exclude<Dialog, { kind: 'ask' | 'react' }>

/** Each answers the dialog as it is drawn, once its code is here. */
async function load(open: LateDialog): Promise<() => VNode | null> {
  switch (open.kind) {
    case 'new-room': {
      const { NewRoom } = await import('../dialogs/new-room.tsx')
      return () => <NewRoom />
    }
    case 'switcher': {
      const { Switcher } = await import('../dialogs/switcher.tsx')
      return () => <Switcher />
    }
    case 'new-direct': {
      const { NewDirect } = await import('../dialogs/new-direct.tsx')
      return () => <NewDirect />
    }
    case 'shortcuts': {
      const { ShortcutSheet } = await import('../dialogs/shortcut-sheet.tsx')
      return () => <ShortcutSheet />
    }
    case 'settings': {
      const { Settings } = await import('../dialogs/settings.tsx')
      return () => <Settings open={open} />
    }
    case 'room-settings': {
      const { RoomSettings } = await import('../dialogs/room-settings.tsx')
      return () => <RoomSettings open={open} />
    }
    case 'invite': {
      const { InvitePeople } = await import('../dialogs/invite-people.tsx')
      return () => <InvitePeople open={open} />
    }
    case 'ban': {
      const { Ban } = await import('../dialogs/restrain.tsx')
      return () => <Ban open={open} />
    }
    case 'mute': {
      const { Mute } = await import('../dialogs/restrain.tsx')
      return () => <Mute open={open} />
    }
  }
}

function Late({ open }: { open: LateDialog }): VNode | null {
  const loaded = useSignal<{ draw: () => VNode | null } | null>(null)
  useEffect(() => {
    load(open).then(
      (draw) => (loaded.value = { draw }),
      (error: unknown) => {
        closeDialog()
        sayError(error)
      },
    )
  }, [])
  return loaded.value?.draw() ?? null
}
