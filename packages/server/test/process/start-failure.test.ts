/** A start that fails says in one sentence why, and what to do. */
import { expect, test } from 'bun:test'
import { startFailure } from '../../src/start-failure.ts'

const EMBEDDED = { host: '127.0.0.1', port: 80, databaseUrl: null, dataDir: './data' }
const SERVER = { ...EMBEDDED, databaseUrl: 'postgres://tea:leaf@db.example.org:5432/teahouse' }
const failed = (code: string, message = 'driver text') => Object.assign(new Error(message), { code })

type Config = { host: string; port: number; databaseUrl: string | null; dataDir: string }
const CASES: [Error, Config, RegExp][] = [
  [failed('EADDRINUSE'), EMBEDDED, /^Port 80 of 127\.0\.0\.1 is in use by another program\. Stop that one, or set PORT/],
  [failed('EADDRNOTAVAIL'), EMBEDDED, /^This machine has no address 127\.0\.0\.1\. Set HOST/],
  [Object.assign(failed('EINVAL'), { syscall: 'listen' }), EMBEDDED, /^127\.0\.0\.1 is neither an address .* Set HOST/],
  [failed('EACCES'), EMBEDDED, /^This user may not listen on port 80\. Set PORT/],
  [failed('ENOSPC'), EMBEDDED, /^The disk is full\. Make room where \.\/data lies/],
  [failed('53100'), SERVER, /^The disk is full\. Make room where the database lies/],
  [failed('ECONNREFUSED'), SERVER, /^No database answers at db\.example\.org:5432\/teahouse\. Start it, or say in DATABASE_URL/],
  [new AggregateError([failed('ECONNREFUSED'), failed('EACCES')]), SERVER, /^No database answers at/],
  [new Error('cannot migrate', { cause: failed('42501') }), SERVER, /^The user in DATABASE_URL may not create tables/],
  [failed('ENOTFOUND'), SERVER, /^The database's host in db\.example\.org/],
  [failed('ETIMEDOUT'), SERVER, /can not be reached/],
  [new Error('Connection terminated due to connection timeout'), SERVER, /can not be reached/],
  [new Error('timeout exceeded when trying to connect'), SERVER, /can not be reached/],
  [failed('28P01'), SERVER, /^The database at .* does not let this user in\. Mend user and password/],
  [
    failed('3D000'),
    { ...SERVER, databaseUrl: 'postgres:///tea?host=/run/pg' },
    /^The server at \/run\/pg\/tea has no such database\. Create it/,
  ],
  [
    failed('3D000'),
    { ...SERVER, databaseUrl: 'postgres://tea:leaf@/tea?host=/run/pg' },
    /^The server at \/run\/pg\/tea has no such database\. Create it/,
  ],
  [failed('ENOENT'), { ...SERVER, databaseUrl: 'socket://tea:leaf@/run/pg?db=tea' }, /^No database answers at socket:\/\/\/run\/pg\. /],
  [failed('53300'), SERVER, /has no free connection/],
  [failed('57P03'), SERVER, /is starting or stopping/],
  [
    failed('SELF_SIGNED_CERT_IN_CHAIN'),
    SERVER,
    /^The database at db\.example\.org:5432\/teahouse is not trusted: .* in NODE_EXTRA_CA_CERTS, or in DATABASE_URL as sslrootcert\.$/,
  ],
  [
    new Error('cannot migrate', { cause: failed('ERR_TLS_CERT_ALTNAME_INVALID') }),
    SERVER,
    /is not trusted: its certificate is for another name/,
  ],
  [failed('CERT_HAS_EXPIRED'), SERVER, /is not trusted: its certificate has expired\.$/],
  [new Error('The server does not support SSL connections'), SERVER, /does not speak TLS\. Let it, or leave sslmode out/],
  [
    Object.assign(failed('ENOENT'), { syscall: 'open', path: '/etc/ca.pem' }),
    { ...SERVER, databaseUrl: `${SERVER.databaseUrl}?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem` },
    /^The file \/etc\/ca\.pem, which DATABASE_URL names, can not be read\. Mend its name/,
  ],
]
test.each(CASES.map(([error, config, sentence]) => ({ error, config, sentence })))('$sentence', ({ error, config, sentence }) => {
  const told = startFailure(error, config)
  expect(told.sentence).toMatch(sentence)
  expect(told.sentence).not.toContain('leaf')
  expect(told.expected).toBe(true)
})

test('an address from elsewhere is to be mended there', () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', '28P01', '3D000', '42501', 'SELF_SIGNED_CERT_IN_CHAIN']) {
    const told = startFailure(failed(code), SERVER, '--to')
    expect(told.sentence).toContain('--to')
    expect(told.sentence).not.toContain('DATABASE_URL')
  }
})

test('a sentence of our own stays as it is, whatever caused it', () => {
  const own = new Error('/data is in use by another Teahouse. Stop that one.', { cause: failed('EACCES') })
  expect(startFailure(own, EMBEDDED)).toEqual({ sentence: own.message, expected: true })
})

test('a fault of Teahouse is not passed off as one of the operator', () => {
  expect(startFailure(new TypeError('x is undefined'), EMBEDDED)).toEqual({ sentence: 'x is undefined', expected: false })
  expect(startFailure(failed('23505', 'duplicate key'), SERVER)).toEqual({ sentence: 'duplicate key', expected: false })
  expect(startFailure(failed('EINVAL', 'EINVAL: fsync'), EMBEDDED)).toEqual({ sentence: 'EINVAL: fsync', expected: false })
})
