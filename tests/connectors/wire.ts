import { createEgress } from '#platform/egress.ts'
import { createLog } from '#platform/log.ts'
import type { Wire } from '../../src/crm/connector.ts'

/** What a connector gets from the house, over real HTTP, for one server of a test. */
export function testWire(url: string): Wire {
  const egress = createEgress([new URL(url).host])
  let kept: Record<string, string> = {}
  return {
    fetch: (to, request) => egress.fetch(to, { maxBytes: 32 * 1024 * 1024, ...request }),
    vault: {
      read: async () => kept,
      change: async change => {
        kept = await change(kept)
        return kept
      },
    },
    quota: () => undefined,
    realTime: () => new Date(),
    log: createLog('silent'),
  }
}
