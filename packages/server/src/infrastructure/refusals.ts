/** Why a server that we depend on refuses us: what drivers throw, some errors deep, and the words for certificates, which all of them share. */

type Cause = Error & { readonly code?: unknown; readonly errors?: unknown }

/** The error and all that caused it, the outermost first. */
export function causesOf(error: unknown): Cause[] {
  if (!(error instanceof Error)) return []
  const { errors } = error as Cause
  return [error, ...[...(Array.isArray(errors) ? errors : []), error.cause].flatMap(causesOf)]
}

const UNKNOWN =
  /^(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED)$/

/** What is wrong with the certificate that it showed, for the end of a sentence; null when it is something else. */
export function certificateRefusal(error: unknown): string | null {
  for (const { code } of causesOf(error)) {
    if (typeof code !== 'string') continue
    if (UNKNOWN.test(code))
      return 'its certificate comes from an authority that is not known here; name the file of that authority in NODE_EXTRA_CA_CERTS'
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name than the one it is reached by'
    if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired'
    if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet'
  }
  return null
}

/** That nobody is there, for the end of a sentence. */
export function absence(error: unknown): string | null {
  const codes = causesOf(error).map(({ code }) => code)
  if (codes.some((code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN')) return 'its name is not known'
  return codes.some((code) => typeof code === 'string' && ABSENT.has(code)) ? 'nobody answers at its address' : null
}
const ABSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])
