/** Keeps the client's own files for the next time, and says when a newer build is there. */
import { signal } from '@preact/signals'
import { go } from '../model/route.ts'

/** A newer build waits; calling it reloads into it. */
export const update = signal<(() => void) | null>(null)

type Policy = { createScriptURL(url: string): string }
type Factory = { createPolicy(name: string, rules: Policy): Policy }

export function keepShell(): void {
  if (!('serviceWorker' in navigator)) return
  const { trustedTypes } = globalThis as { trustedTypes?: Factory }
  const rules: Policy = { createScriptURL: (url) => (url === '/service-worker.js' ? url : '') }
  const address = (trustedTypes?.createPolicy('teahouse', rules) ?? rules).createScriptURL('/service-worker.js')
  const worker = navigator.serviceWorker
  let reloading = false
  const first = !worker.controller
  worker.addEventListener('controllerchange', () => {
    if (first || reloading) return
    reloading = true
    location.reload()
  })
  worker.addEventListener('message', ({ data }: MessageEvent<{ go?: unknown }>) => {
    if (typeof data.go === 'string') go(data.go)
  })
  addEventListener('load', () => void worker.register(address).then(watchFor, () => undefined))
}

function watchFor(registration: ServiceWorkerRegistration): void {
  const offer = () => {
    const next = registration.waiting
    if (!next || !navigator.serviceWorker.controller) return
    const take = () => next.postMessage('take over')
    if (document.visibilityState === 'hidden') take()
    else update.value = take
  }
  const follow = () => registration.installing?.addEventListener('statechange', offer)
  offer()
  follow() // it may have begun before we looked
  registration.addEventListener('updatefound', follow)
  const HOURLY = 3_600_000
  setInterval(() => void registration.update().catch(() => undefined), HOURLY)
  document.addEventListener('visibilitychange', offer)
}
