import type { NewEvent } from '#engine/reactor.ts'
import { type Db, one, run, sql } from '#platform/db/db.ts'
import { grantIfNone, recordConsent } from '../consent.ts'
import { askConsent } from '../opt-in.ts'
import type { Writing } from './batch.ts'
import type { Decision } from './decide.ts'
import { lettersPerHour } from './shape.ts'

const hourMs = 3_600_000

/** Writes what rows say about marketing: opt-outs, consent, and wishes that their people are to confirm by mail. */
export async function writeWords(trx: Db, decisions: Decision[], writing: Writing): Promise<NewEvent[]> {
  const { plan, idOf, now } = writing
  const { consent } = plan.options
  const source = `import of ${plan.name}`
  const proof = { method: 'import', enteredBy: plan.by, importId: plan.importId }
  const about = (decision: Decision) => ({ contactId: idOf(decision), purpose: 'marketing', at: now })
  const withdrawn = await recordConsent(
    trx,
    decisions
      .filter(decision => decision.withdraws)
      .map(decision => ({ ...about(decision), state: 'withdrawn', basis: 'request', source, proof })),
  )
  if (consent === null) return withdrawn
  const { basis, wording, source: said } = consent
  const noted = { ...proof, note: said }
  const granted = await grantIfNone(
    trx,
    decisions
      .filter(decision => decision.grants)
      .map(decision => ({ ...about(decision), basis, wording, source: said, proof: noted })),
  )
  const asking = decisions.filter(decision => decision.asks)
  const times = await spread(trx, plan.importId, asking.length, { now, perHour: lettersPerHour(consent) })
  const asked = await askConsent(
    trx,
    asking.map((decision, i) => ({
      ...about(decision),
      basis: 'double-opt-in',
      wording,
      source: said,
      proof: noted,
      ...(times[i] ? { letterAt: times[i] } : {}),
    })),
  )
  return [...withdrawn, ...granted, ...asked]
}

/**
 * When each of so many letters may leave: one after the other at the pace of the import, behind those of its earlier
 * batches - also where it was paused or its worker was killed in between.
 */
async function spread(
  trx: Db,
  importId: string,
  count: number,
  { now, perHour }: { now: Date; perHour: number },
): Promise<Date[]> {
  if (count === 0) return []
  const { until } = await one<{ until: Date | null }>(
    trx,
    sql`select asking_until as until from audience.import where id = ${importId}::bigint`,
  )
  const from = Math.max(now.getTime(), until?.getTime() ?? 0)
  const gap = hourMs / perHour
  const end = new Date(from + count * gap)
  await run(
    trx,
    sql`
    update audience.import set asked = asked + ${count}::int, asking_until = ${end} where id = ${importId}::bigint`,
  )
  return Array.from({ length: count }, (_, i) => new Date(from + i * gap))
}
