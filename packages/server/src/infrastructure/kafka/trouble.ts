/** Why Kafka can not be used, in words for its operator: told once for each reason, however many of our clients run into it, until all is well. */
import { absence, causesOf, certificateRefusal } from '../refusals.ts'

export type Trouble = {
  /** Whether it was trouble with Kafka itself, which has then been told. */
  heard(error: unknown): boolean
  /** Something went through. */
  over(): void
  /** From now on it is us who leave: nothing is told any more. */
  end(): void
}

export function createTrouble(onAway: (why: string) => void, onBack: () => void): Trouble {
  const told = new Set<string>()
  let ended = false
  return {
    heard(error) {
      const why = troubleOf(error)
      if (why === null) return false
      if (!told.has(why) && !ended) onAway(why)
      told.add(why)
      return true
    },
    over() {
      if (told.size > 0 && !ended) onBack()
      told.clear()
    },
    end: () => void (ended = true),
  }
}

/** For the end of a sentence; null when the error says something else, or comes from elsewhere. */
export function troubleOf(error: unknown): string | null {
  const causes = causesOf(error)
  if (!causes.some(({ code }) => String(code).startsWith('PLT_KFK_'))) return null // of the database, say
  const answers = causes.map((cause) => ('apiId' in cause ? String(cause.apiId) : ''))
  const says = (words: string) => causes.some(({ message }) => message.includes(words))
  const forbidden = answers.find((answer) => answer.endsWith('_AUTHORIZATION_FAILED'))
  if (answers.includes('SASL_AUTHENTICATION_FAILED')) return 'it does not accept KAFKA_USERNAME with KAFKA_PASSWORD'
  if (answers.includes('UNSUPPORTED_SASL_MECHANISM'))
    return 'it does not take our mechanism of SASL; set KAFKA_SASL_MECHANISM to one that it takes'
  if (answers.includes('ILLEGAL_SASL_STATE')) return 'it asks for no user at this address; leave KAFKA_USERNAME and KAFKA_PASSWORD out'
  if (forbidden) return `it does not allow the user of KAFKA_USERNAME what is needed (${forbidden})`
  if (says('Broker requires TLS')) return 'it wants TLS at this address; set KAFKA_TLS=true'
  if (says('TLS handshake failed')) return 'it does not speak TLS at this address; leave KAFKA_TLS out'
  const known = certificateRefusal(error) ?? absence(error)
  if (known !== null) return known
  if (causes.some(({ code }) => code === 'PLT_KFK_TIMEOUT')) return 'it does not answer in time'
  return says('Connection closed') || causes.some(({ code }) => code === 'ECONNRESET')
    ? 'it closes our connections, as when it stops, or when it wants TLS or a user'
    : null
}
