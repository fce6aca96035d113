/** A socket without a network: it takes everything at once and does nothing, but for what a test wants to hear of. */
import type { Socket } from '../../src/api/ws/connection.ts'

export const quietSocket = (heard: Partial<Socket>): Socket => ({
  send: () => {},
  sendAll: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  close: () => {},
  ping: () => {},
  terminate: () => {},
  unsentBytes: () => 0,
  pause: () => {},
  resume: () => {},
  ...heard,
})
