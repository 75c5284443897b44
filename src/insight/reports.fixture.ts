import assert from 'node:assert/strict'
import { append } from '#activity/ledger.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { markEvents } from './marks.ts'
import { rangeQuery, readRange } from './range.ts'
import { reports } from './reports/all.ts'
import type { Report } from './reports/report.ts'
import { settle } from './rollup.ts'

export const zone = 'Europe/Berlin'
export const now = new Date('2026-11-20T12:00:00Z')

export type Made = Omit<Report, 'report' | 'title' | 'range'>

/** Nobody, and nothing counted. */
export async function empty(db: Db): Promise<void> {
  await run(
    db,
    sql`truncate activity.event, audience.contact, workflows.workflow, workflows.version, workflows.enrolment, workflows.step,
      decisions.segment, decisions.segment_member, insight.event_day, insight.flow_day, insight.stage_stay, insight.origin,
      insight.mark, insight.contact_mark, insight.counted, insight.state cascade`,
  )
}

/** A report as its route makes it. */
export async function make(db: Db, key: string, query: Record<string, string> = {}): Promise<Made> {
  const kind = reports.find(each => each.key === key)
  assert.ok(kind)
  await settle(db, { zone, now })
  const range = readRange(rangeQuery.parse(query), zone, now)
  return kind.run({ db, range, now }, query)
}

/** A table as objects: name and metrics of each row. */
export function rowsOf(report: Made, key: string): Record<string, string | number | null>[] {
  const table = report.tables.find(each => each.key === key)
  assert.ok(table, `a table ${key}`)
  return table.rows.map(row =>
    Object.fromEntries(table.columns.map((column, i) => [column.key, row.cells[i] ?? null])),
  )
}

export const totalOf = (report: Made, key: string) => report.totals.find(each => each.metric === key)?.value

/** Writes events as a tick does: into the ledger, and past our reactor. */
export function happen(db: Db, events: NewEvent[]): Promise<void> {
  return inTransaction(db, async trx => markEvents(trx, await append(trx, events), zone))
}
