/** Where the session and unsent messages outlive a reload: a small port, with memory and the browser's localStorage behind it. */

export type StoragePort = {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
  remove(key: string): Promise<void>
  /** All keys that begin with `prefix`. */
  keys(prefix: string): Promise<string[]>
  /** Calls `changed` when another tab wrote `key`. Answers how to stop. */
  watch(changed: (key: string) => void): () => void
}

/** Keeps everything until the process ends. */
export function memoryStorage(): StoragePort {
  const entries = new Map<string, string>()
  return {
    get: (key) => Promise.resolve(entries.get(key) ?? null),
    set: (key, value) => Promise.resolve(void entries.set(key, value)),
    remove: (key) => Promise.resolve(void entries.delete(key)),
    keys: (prefix) => Promise.resolve([...entries.keys()].filter((key) => key.startsWith(prefix))),
    watch: () => () => {},
  }
}

/** The browser's localStorage: shared by all tabs of the origin. Full or forbidden storage rejects with the browser's own error. */
export function webStorage(storage: Storage): StoragePort {
  const attempt = async <Result>(act: () => Result): Promise<Result> => act() // a throw becomes a rejection
  return {
    get: (key) => attempt(() => storage.getItem(key)),
    set: (key, value) => attempt(() => storage.setItem(key, value)),
    remove: (key) => attempt(() => storage.removeItem(key)),
    keys: (prefix) => attempt(() => Object.keys(storage).filter((key) => key.startsWith(prefix))),
    watch(changed) {
      const heard = (event: StorageEvent) => {
        if (event.storageArea === storage && event.key !== null) changed(event.key)
      }
      addEventListener('storage', heard)
      return () => removeEventListener('storage', heard)
    },
  }
}
