/** What the SDK needs from the world around it; each can be replaced, which is how the tests bend time and networks. */
import type { StoragePort } from './storage.ts'

/** The part of a browser's WebSocket that is used. */
export type SocketLike = {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** Whether the device believes to have a network. Only a hint: both answers can be wrong. */
export type NetworkPort = {
  online(): boolean
  /** Calls `changed` when the device goes on or off the network, and when a sleeping page comes back. Answers how to stop. */
  watch(changed: () => void): () => void
}

/** Mutual exclusion between the tabs of one origin (Web Locks). */
export type LocksPort = {
  /** Runs `task` while holding the lock; waits for it. */
  hold<Result>(name: string, task: () => Promise<Result>): Promise<Result>
  /** Runs `task` only when nobody holds the lock now; answers whether it ran. */
  holdIfFree(name: string, task: () => Promise<void>): Promise<boolean>
}

export type ClockPort = {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after `ms`. Answers how to call it off. */
  after(ms: number, callback: () => void): () => void
}

export type Ports = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly openSocket: (url: string) => SocketLike
  readonly storage: StoragePort
  readonly locks: LocksPort
  readonly network: NetworkPort
  readonly clock: ClockPort
  /** From 0 up to 1: the jitter of waiting times. */
  readonly random: () => number
  readonly newId: () => string
}
