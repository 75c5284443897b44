import { realTime } from '#access/real-time.ts'
import { inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { Budget, CallLane } from './budget.ts'
import { type ConnectionRow, changeConnection, getConnection, holdConnection } from './connections.sql.ts'
import type { Connection, Wire } from './connector.ts'
import { connectorOf } from './registry.ts'

/** Pages of records are larger than what webhooks answer. */
const maxBytes = 32 * 1024 * 1024
const timeoutMs = 60_000

/** Opens the connection for one lane: every request is guarded, counted and waits for its turn. */
export function open(services: Services, row: ConnectionRow, budget: Budget, lane: CallLane): Connection {
  const connector = connectorOf(row.connector)
  const connection = connector.connect(fullSettings(services, row), wireOf(services, row, budget, lane))
  budget.widen(connection.limits.concurrency)
  return connection
}

/** The settings as the connector wants them, with what is sealed. */
export function fullSettings(
  services: Pick<Services, 'secrets'>,
  row: ConnectionRow,
): Record<string, unknown> {
  const sealed = JSON.parse(services.secrets.decrypt(row.secrets)) as Record<string, unknown>
  return connectorOf(row.connector).settings.parse({ ...row.settings, ...sealed })
}

export function wireOf(services: Services, row: ConnectionRow, budget: Budget, lane: CallLane): Wire {
  const { egress, log } = services
  return {
    fetch: (url, request = {}) =>
      budget.spend(lane, () => egress.fetch(url, { timeoutMs, maxBytes, ...request })),
    vault: vaultOf(services, row.id),
    quota: state => budget.told(state),
    realTime,
    log: log.child({ crm: row.name }),
  }
}

export function vaultOf({ db, secrets }: Pick<Services, 'db' | 'secrets'>, id: string): Wire['vault'] {
  const opened = (row: ConnectionRow) => JSON.parse(secrets.decrypt(row.vault)) as Record<string, string>
  return {
    read: async () => opened(await getConnection(db, id)),
    change: change =>
      inTransaction(db, async trx => {
        const kept = await change(opened(await holdConnection(trx, id)))
        await changeConnection(trx, id, { vault: secrets.encrypt(JSON.stringify(kept)) })
        return kept
      }),
  }
}
