/** Whether the server can be reached, as far as it is to be said to somebody. */
import type { ConnectionState } from '@teahouse/sdk'

/** Not while the first try still runs: that usually takes a moment. */
export const isAway = (connection: ConnectionState): boolean =>
  connection.phase === 'waiting' || connection.phase === 'closed' || ('attempt' in connection && connection.attempt > 1)
