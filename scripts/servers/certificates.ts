/** A private authority that nobody knows yet, and the certificates that it signs for servers on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provide, unpackedEnvironment } from '../testing/debian.ts'
import { run } from '../testing/programs.ts'

/** Paths of PEM files. */
export type Certificate = { readonly certificate: string; readonly key: string }
export type Authority = {
  /** Its own certificate: what clients must be told to trust. */
  readonly certificate: string
  certify(name: string, alternatives?: string): Promise<Certificate>
  remove(): void
}

const LOOPBACK = 'DNS:localhost,IP:127.0.0.1'

export async function newAuthority(): Promise<Authority> {
  const program = await provide('OpenSSL', ['/usr/bin/openssl'], ['openssl'])
  if (!program) throw new Error('there is no OpenSSL')
  const folder = mkdtempSync(join(tmpdir(), 'teahouse-authority-'))
  const config = join(folder, 'openssl.cnf') // the package's own may lie elsewhere, or nowhere
  writeFileSync(config, '[req]\ndistinguished_name = name\n[name]\n')
  const pathOf = (name: string): Certificate => ({ certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) })

  async function make(name: string, more: readonly string[]): Promise<Certificate> {
    const made = pathOf(name)
    const words = `req -x509 -config ${config} -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`.split(' ')
    const { code, output } = await run([program ?? '', ...words, '-keyout', made.key, '-out', made.certificate, ...more], {
      limitMs: 30_000,
      env: { ...process.env, ...unpackedEnvironment() },
      show: false,
    })
    if (code !== 0) throw new Error(`OpenSSL can not make a certificate: ${output}`)
    return made
  }

  const own = await make('authority', ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'])
  return {
    certificate: own.certificate,
    certify: (name, alternatives = LOOPBACK) =>
      make(name, [
        '-CA',
        own.certificate,
        '-CAkey',
        own.key,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
        '-addext',
        `subjectAltName=${alternatives}`,
      ]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
