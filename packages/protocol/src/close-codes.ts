/** Why a socket is closed. 4000-4499: come back, with jitter. 4500-4999: do not come back by yourself. */
export const CLOSE = {
  going_away: 4000,
  slow_consumer: 4001,
  no_heartbeat: 4002,
  token_expired: 4003,
  too_many_commands: 4004,
  unauthorized: 4500,
  session_ended: 4501,
  malformed_frame: 4502,
  too_many_connections: 4503,
  account_suspended: 4504,
} as const

export type CloseReason = keyof typeof CLOSE

/** Whether a client that was closed with `code` should come back by itself. Codes below 4000 are the transport's: yes. */
export const mayReconnect = (code: number): boolean => code < 4500 || code > 4999
