/** The picker, loaded when it is first opened. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'

type Picker = (props: { onPick: (emoji: string) => void }) => VNode
let loaded: Picker | null = null

export function LatePicker({ onPick }: { onPick: (emoji: string) => void }): VNode {
  const picker = useSignal<{ Picker: Picker } | null>(loaded && { Picker: loaded })
  const failed = useSignal(false)
  useEffect(() => {
    if (loaded) return
    import('./picker.tsx').then(
      ({ EmojiPicker }) => (picker.value = { Picker: (loaded = EmojiPicker) }),
      () => (failed.value = true),
    )
  }, [])
  const { Picker } = picker.value ?? {}
  return Picker ? (
    <Picker onPick={onPick} />
  ) : (
    <div class="picker">{failed.value && <p class="soft picker-none">{t('error.unavailable')}</p>}</div>
  )
}
