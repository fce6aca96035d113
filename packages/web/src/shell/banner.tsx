/** One quiet line about the network, only when there is something to say. */
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { secondsTo } from '../model/now.ts'
import { tea, watch } from '../model/tea.ts'
import { update } from './updates.ts'

type Line = { text: string; act?: { label: string; do: () => void }; bad?: boolean }

export function Banner(): VNode {
  const line = useLine()
  return (
    <div class="banner-place" role="status">
      {line && (
        <div class={line.bad ? 'banner banner-bad' : 'banner'}>
          <span>{line.text}</span>
          {line.act && (
            <button type="button" class="link" onClick={line.act.do}>
              {line.act.label}
            </button>
          )}
        </div>
      )}
    </div>
  )
}

const again = () => ({ label: t('net.now'), do: () => tea.reconnectNow() })

function useLine(): Line | null {
  const connection = watch('connection').value
  const { leaving } = watch('server').value
  const wasLive = useSignal(false)
  // a moment is given to everything that usually takes a moment
  const patience = useSignal(false)
  const { phase } = connection
  useEffect(() => {
    if (phase === 'live') wasLive.value = true
    patience.value = false
    const timer = setTimeout(() => (patience.value = true), phase === 'catching_up' ? 600 : 1_500)
    return () => clearTimeout(timer)
  }, [phase === 'connecting' || phase === 'authenticating' || phase === 'waiting' ? 'away' : phase])
  if (phase === 'live') return update.value ? { text: t('update.ready'), act: { label: t('update.reload'), do: update.value } } : null
  if (phase === 'closed') {
    if (connection.because === 'never_started' || connection.because === 'signed_out') return null
    return { text: t(connection.because === 'too_many_connections' ? 'net.tooMany' : 'net.stopped'), act: again(), bad: true }
  }
  if (phase === 'waiting' && connection.offline) return { text: t('net.offline') }
  if (leaving) return { text: t('net.leaving') }
  if (!patience.value) return null
  if (phase === 'catching_up') return { text: t('net.catchingUp') }
  if (phase === 'waiting') {
    const n = secondsTo(connection.until)
    return n > 1 ? { text: t('net.waiting', { n }), act: again() } : { text: t('net.connecting') }
  }
  return wasLive.value || connection.attempt > 1 ? { text: t('net.connecting') } : null
}
