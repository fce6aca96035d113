/** Why Kafka and Redis are away: the reason from deep inside of what the drivers throw, told once, and never somebody else's. */
import { expect, test } from 'bun:test'
import { createTrouble, troubleOf } from '../../src/infrastructure/kafka/trouble.ts'
import { troubleOf as redisTroubleOf } from '../../src/infrastructure/redis/trouble.ts'

const failed = (message: string, about: object = {}, cause?: Error) => Object.assign(new Error(message, cause ? { cause } : {}), about)
const fromKafka = (cause: Error) =>
  Object.assign(new AggregateError([failed('Connection to kafka:9092 failed.', { code: 'PLT_KFK_NETWORK' }, cause)], 'sent 2 times'), {
    code: 'PLT_KFK_MULTIPLE',
  })

test.each([
  [failed('x', { apiId: 'SASL_AUTHENTICATION_FAILED' }), /does not accept KAFKA_USERNAME/],
  [failed('x', { apiId: 'GROUP_AUTHORIZATION_FAILED' }), /does not allow .* \(GROUP_AUTHORIZATION_FAILED\)$/],
  [failed('x', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), /NODE_EXTRA_CA_CERTS$/],
  [failed('x', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), /for another name/],
  [failed('connect', { code: 'ECONNREFUSED' }), /nobody answers/],
  [failed('getaddrinfo', { code: 'ENOTFOUND' }), /name is not known/],
])('%p', (cause, why) => expect(troubleOf(fromKafka(cause))).toMatch(why))

test('what the database did is not put down to Kafka', () => {
  const outage = failed('The database is not available right now.', {}, failed('connect', { code: 'ECONNREFUSED' }))
  expect(troubleOf(outage)).toBeNull()
  expect(troubleOf(new TypeError('x is undefined'))).toBeNull()
})

test('each reason is told once, until something went through', () => {
  const said: string[] = []
  const trouble = createTrouble(
    (why) => said.push(why),
    () => said.push('back'),
  )
  const refused = fromKafka(failed('connect', { code: 'ECONNREFUSED' }))
  const unknown = fromKafka(failed('getaddrinfo', { code: 'ENOTFOUND' }))
  trouble.over()
  for (const error of [refused, refused, unknown, refused]) expect(trouble.heard(error)).toBe(true)
  trouble.over()
  trouble.over()
  expect(trouble.heard(refused)).toBe(true)
  expect(trouble.heard(new Error('a fault of ours'))).toBe(false)
  trouble.end()
  expect(trouble.heard(unknown)).toBe(true)
  trouble.over()
  expect(said).toEqual(['nobody answers at its address', 'its name is not known', 'back', 'nobody answers at its address'])
})

test.each([
  ['WRONGPASS invalid username-password pair or user is disabled.', 'it does not accept the user and password in REDIS_URL'],
  ['NOAUTH HELLO must be called with the client already authenticated', 'it wants a password in REDIS_URL'],
  ['NOPERM this user has no permissions', 'it does not allow the user in REDIS_URL what is needed'],
  ['Redis did not answer in time', 'it does not answer in time'],
  ['READONLY something else', null],
])('%s', (message, why) => expect(redisTroubleOf(new Error(message))).toBe(why))
