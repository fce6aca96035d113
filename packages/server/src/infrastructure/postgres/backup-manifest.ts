/** What a backup must contain, as PostgreSQL itself wrote it down: every file with its SHA-256, and the stretch of WAL that belongs to them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const SEGMENT_BYTES = 16_777_216
const PER_ID = 256

const Manifest = z.object({
  Files: z.array(z.object({ Path: z.string(), Size: z.int(), 'Checksum-Algorithm': z.literal('SHA256'), Checksum: z.string() })),
  'WAL-Ranges': z.array(z.object({ Timeline: z.int(), 'Start-LSN': z.string(), 'End-LSN': z.string() })),
  'Manifest-Checksum': z.string(),
})

export type Expected = {
  /** Path → size and SHA-256 in hex. */
  readonly files: ReadonlyMap<string, { readonly size: number; readonly sha256: string }>
  /** Names of files in `pg_wal`. */
  readonly segments: readonly string[]
}

/** Throws an Error when the manifest is not as it was written. */
export function readManifest(file: string): Expected {
  const text = readFileSync(file, 'utf8')
  const last = text.lastIndexOf('"Manifest-Checksum"')
  const manifest = Manifest.safeParse(jsonOf(text)).data
  if (!manifest || createHash('sha256').update(text.slice(0, last)).digest('hex') !== manifest['Manifest-Checksum'])
    throw new Error('its manifest is damaged')
  return {
    files: new Map(manifest.Files.map(({ Path, Size, Checksum }) => [Path, { size: Size, sha256: Checksum }])),
    segments: manifest['WAL-Ranges'].flatMap((range) => segmentsOf(range.Timeline, range['Start-LSN'], range['End-LSN'])),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function segmentsOf(timeline: number, start: string, end: string): string[] {
  const first = Math.floor(place(start) / SEGMENT_BYTES)
  const last = Math.floor((place(end) - 1) / SEGMENT_BYTES)
  return Array.from({ length: last - first + 1 }, (_, i) => [timeline, Math.floor((first + i) / PER_ID), (first + i) % PER_ID]).map(
    (parts) => parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join(''),
  )
}

/** '0/2000028' → bytes from the beginning of all WAL. */
function place(lsn: string): number {
  const [high = '', low = ''] = lsn.split('/')
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16)
}
