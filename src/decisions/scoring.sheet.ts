import { z } from 'zod'
import { type Db, many, sql } from '#platform/db/db.ts'
import { page, readCursor } from '#platform/http/paging.ts'
import { emptyScore, nextCrossing, remaining, scoreOf } from './score-decay.ts'
import { halfLifeMs } from './score-models.definition.ts'
import { listScoreModels } from './score-models.ts'
import { loadScores } from './scoring.sql.ts'

export type SheetRow = {
  modelId: string
  name: string
  score: number
  behaviour: number
  fit: number
  halfLifeDays: number | null
  thresholds: { name: string; value: number; reached: boolean }[]
  /** The threshold that time alone will take away next, and when. */
  falls: { threshold: string; value: number; at: Date } | null
}

/** Where a contact stands at `now` in every model that is live or paused. */
export async function scoreSheet(db: Db, contactId: string, now: Date): Promise<SheetRow[]> {
  const models = (await listScoreModels(db)).filter(model => model.live && model.status !== 'draft')
  const rows = await loadScores(
    db,
    [contactId],
    models.map(model => model.id),
  )
  return models.flatMap(({ id, name, live }): SheetRow[] => {
    if (!live) return []
    const state = rows.find(row => row.modelId === id) ?? emptyScore(now)
    const half = halfLifeMs(live)
    const score = scoreOf(state, half, now)
    const levels = live.thresholds.map(threshold => threshold.value)
    const next = nextCrossing({ ...state, settledAt: now }, { halfLifeMs: half, levels })
    const lost =
      next && !next.up ? live.thresholds.find(threshold => threshold.value === next.level) : undefined
    return [
      {
        modelId: id,
        name,
        score,
        behaviour: score - state.fit,
        fit: state.fit,
        halfLifeDays: live.halfLifeDays,
        thresholds: live.thresholds.map(threshold => ({ ...threshold, reached: score >= threshold.value })),
        falls: next && lost ? { threshold: lost.name, value: lost.value, at: next.at } : null,
      },
    ]
  })
}

export type PointsRow = {
  id: string
  at: Date
  kind: 'behaviour' | 'fit' | 'workflow'
  ruleId: string | null
  points: number
  /** What is left of them at the asked moment. */
  remaining: number
  reason: string
  causeId: string | null
}

const cursorSchema = z.object({ at: z.iso.datetime(), id: z.string().regex(/^\d{1,19}$/) })

/** The ledger of points of one contact in one model, newest first. */
export async function pointsOf(
  db: Db,
  wanted: { contactId: string; modelId: string; cursor?: string | undefined; limit: number },
  now: Date,
): Promise<{ items: PointsRow[]; next: string | null }> {
  const after = readCursor(wanted.cursor, cursorSchema)
  const rows = await many<Omit<PointsRow, 'remaining'> & { halfLifeMs: number | null }>(
    db,
    sql`
    select e.id, e.at, e.kind, e.rule_id as "ruleId", e.points, e.reason, e.cause_id as "causeId",
      s.half_life_ms as "halfLifeMs"
    from decisions.score_entry e
    left join decisions.score s on s.contact_id = e.contact_id and s.model_id = e.model_id
    where e.contact_id = ${wanted.contactId}::bigint and e.model_id = ${wanted.modelId}::bigint
      and (e.at, e.id) < (coalesce(${after?.at ?? null}::timestamptz, 'infinity'), coalesce(${after?.id ?? null}::bigint, 0))
    order by e.at desc, e.id desc limit ${wanted.limit + 1}`,
  )
  const left = rows.map(({ halfLifeMs: half, ...row }) => ({
    ...row,
    remaining:
      row.kind === 'fit' ? row.points : row.points * remaining(now.getTime() - row.at.getTime(), half),
  }))
  return page(left, wanted.limit, row => ({ at: row.at.toISOString(), id: row.id }))
}
