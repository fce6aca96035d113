import { newId } from '../domain/id.ts'

/** What the caller gave as `X-Request-ID`, when it is 1 to 128 visible ASCII characters; else our own. */
export const requestIdOf = (given: string | null | undefined): string =>
  given !== undefined && given !== null && /^[\x21-\x7e]{1,128}$/.test(given) ? given : newId()
