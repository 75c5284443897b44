import { notFound } from '#platform/errors.ts'
import type { Connector } from './connector.ts'

const known = new Map<string, Connector>()

/** Makes kinds of CRM known to this process; module.ts does it for all there are. */
export function enlist(connectors: readonly Connector[]): void {
  for (const connector of connectors) known.set(connector.id, connector)
}

export const allConnectors = (): Connector[] => [...known.values()]

/** The kind of CRM with this id; 404 where this version does not know it. */
export function connectorOf(id: string): Connector {
  const found = known.get(id)
  if (!found) throw notFound('kind of CRM')
  return found
}
