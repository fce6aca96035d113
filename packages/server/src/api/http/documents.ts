/** The documents that describe both ways in, made from the protocol's tables. */
import { Hono } from 'hono'

export function createDocuments(): Hono {
  const documents = new Hono()
  return documents
}
