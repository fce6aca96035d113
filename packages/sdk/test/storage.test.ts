/** Storage: what is kept is found again, by prefix too, and a browser that refuses is an ordinary rejection. */
import { afterEach, expect, test } from 'bun:test'
import { memoryStorage, type StoragePort, webStorage } from '@teahouse/sdk'
import { rejection } from './support/until.ts'

/** A Storage as browsers have it: entries are its own enumerable properties. */
class FakeWebStorage implements Storage {
  [name: string]: unknown
  get length(): number {
    return Object.keys(this).length
  }
  key = (): null => null
  getItem(key: string): string | null {
    return (this[key] as string | undefined) ?? null
  }
  setItem(key: string, value: string): void {
    if (value.length > 100) throw new DOMException('full', 'QuotaExceededError')
    this[key] = value
  }
  removeItem(key: string): void {
    delete this[key]
  }
  clear(): void {}
}

const listeners = new Set<(event: object) => void>()
const before = { add: globalThis.addEventListener, remove: globalThis.removeEventListener }
afterEach(() => Object.assign(globalThis, { addEventListener: before.add, removeEventListener: before.remove }))

const kinds: [string, () => StoragePort][] = [
  ['memory', memoryStorage],
  ['localStorage', () => webStorage(new FakeWebStorage())],
]
for (const [kind, open] of kinds)
  test(`${kind} keeps, finds by prefix, and forgets`, async () => {
    const storage = open()
    await storage.set('teahouse:outbox:1:a', 'one')
    await storage.set('teahouse:outbox:1:b', 'two')
    await storage.set('teahouse:session', 'me')
    expect(await storage.get('teahouse:outbox:1:a')).toBe('one')
    expect(await storage.get('nothing')).toBeNull()
    expect((await storage.keys('teahouse:outbox:')).toSorted()).toEqual(['teahouse:outbox:1:a', 'teahouse:outbox:1:b'])
    await storage.remove('teahouse:outbox:1:a')
    await storage.remove('teahouse:outbox:1:a')
    expect(await storage.get('teahouse:outbox:1:a')).toBeNull()
  })

test('a full localStorage rejects', async () => {
  const storage = webStorage(new FakeWebStorage())
  expect((await rejection(storage.set('key', 'x'.repeat(200)))).message).toBe('full')
})

test('what another tab writes is told, until nobody listens', () => {
  Object.assign(globalThis, {
    addEventListener: (_: string, heard: (event: object) => void) => listeners.add(heard),
    removeEventListener: (_: string, heard: (event: object) => void) => listeners.delete(heard),
  })
  const area = new FakeWebStorage()
  const changed: string[] = []
  const stop = webStorage(area).watch((key) => changed.push(key))
  const write = (storageArea: Storage, key: string | null) => listeners.forEach((heard) => heard({ storageArea, key }))
  write(area, 'teahouse:session')
  write(new FakeWebStorage(), 'another storage')
  write(area, null) // cleared as a whole
  stop()
  write(area, 'too late')
  expect(changed).toEqual(['teahouse:session'])
})
