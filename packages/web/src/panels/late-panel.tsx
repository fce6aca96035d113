/** The column at the right, loaded when it is first opened. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { type Panel, showPanel } from '../model/panel.ts'
import { sayError } from '../model/view-state.ts'

type Part = (props: { roomId: string; which: Panel }) => VNode | null
let loaded: Part | null = null

export function LatePanel(props: { roomId: string; which: Panel }): VNode | null {
  const part = useSignal<{ Part: Part } | null>(loaded && { Part: loaded })
  useEffect(() => {
    if (loaded) return
    import('./side-panel.tsx').then(
      ({ SidePanel }) => (part.value = { Part: (loaded = SidePanel) }),
      (error: unknown) => {
        showPanel(null)
        sayError(error)
      },
    )
  }, [])
  const { Part } = part.value ?? {}
  return Part ? <Part {...props} /> : null
}
