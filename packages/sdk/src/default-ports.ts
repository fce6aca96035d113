/** The world as a browser, Bun or Node offers it. */
import type { ClockPort, LocksPort, NetworkPort, Ports } from './ports.ts'
import { memoryStorage, type StoragePort, webStorage } from './storage.ts'

export function defaultPorts(): Ports {
  return {
    fetch: (url, init) => fetch(url, init),
    openSocket: (url) => new WebSocket(url),
    storage: defaultStorage(),
    locks: 'navigator' in globalThis && 'locks' in navigator ? webLocks(navigator.locks) : processLocks,
    network,
    clock,
    random: Math.random,
    newId: newUuid,
  }
}

function defaultStorage(): StoragePort {
  try {
    return 'document' in globalThis ? webStorage(localStorage) : memoryStorage()
  } catch {
    return memoryStorage() // the browser forbids it
  }
}

const clock: ClockPort = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
}

const network: NetworkPort = {
  online: () => !('onLine' in (globalThis.navigator ?? {})) || navigator.onLine !== false,
  watch(changed) {
    if (!('document' in globalThis)) return () => {}
    const visible = () => document.visibilityState === 'visible' && changed()
    addEventListener('online', changed)
    addEventListener('offline', changed)
    document.addEventListener('visibilitychange', visible)
    return () => {
      removeEventListener('online', changed)
      removeEventListener('offline', changed)
      document.removeEventListener('visibilitychange', visible)
    }
  },
}

function webLocks(locks: LockManager): LocksPort {
  return {
    hold: (name, task) => locks.request(name, task),
    holdIfFree: (name, task) =>
      locks.request(name, { ifAvailable: true }, async (lock) => {
        if (lock) await task()
        return lock !== null
      }),
  }
}

const held = new Map<string, Promise<unknown>>()

/** Where there are no Web Locks: exclusion among the clients of this process. */
const processLocks: LocksPort = {
  async hold(name, task) {
    while (held.has(name)) await held.get(name)
    const running = task()
    const settled = running.then(
      () => {},
      () => {},
    )
    held.set(
      name,
      settled.then(() => held.delete(name)),
    )
    return running
  },
  async holdIfFree(name, task) {
    if (held.has(name)) return false
    await processLocks.hold(name, task)
    return true
  },
}

// crypto.randomUUID is missing on pages that are not served over https or from this machine.
function newUuid(): string {
  if ('randomUUID' in crypto) return crypto.randomUUID()
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
