/** What stands behind a REST route: one function per route, given the checked input and who asks. */
import type { RouteAnswer, RouteInput, RouteName, ROUTES } from '@teahouse/protocol'
import type { Actor } from '../../application/ports/transaction.ts'

/** Where a request comes from. `address` honours the trusted proxies. */
export type Client = { readonly address: string; readonly userAgent: string | null }

export type Call<Name extends RouteName> = {
  readonly input: RouteInput<Name>
  readonly client: Client
  /** The Idempotency-Key of a POST, with a fingerprint of its content. `actor.once` is the same, for writes. */
  readonly once: Actor['once']
  /** Answers with the route's other status: 200 instead of 201 for what was there already. */
  readonly found: () => void
} & ((typeof ROUTES)[Name]['auth'] extends true ? { readonly actor: Actor } : unknown)

export type Handlers = { readonly [Name in RouteName]: (call: Call<Name>) => Promise<RouteAnswer<Name>> }
