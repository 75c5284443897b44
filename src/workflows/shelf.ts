import { type Db, many, sql } from '#platform/db/db.ts'
import { type Plan, planOf } from './definition.ts'
import { selectDefinitions } from './workflows.sql.ts'

/** A published workflow as the engine sees it. */
export type Published = {
  id: string
  name: string
  status: 'live' | 'paused' | 'archived'
  liveVersion: number
  /** Versions that took those inside along, or put them out. */
  reseats: { number: number; inside: 'move' | 'exit' }[]
}

/** Published workflows and their versions, ready to run. Versions never change, so they are kept once read. */
export type Shelf = {
  published(db: Db): Promise<Map<string, Published>>
  plans(
    db: Db,
    wanted: { workflowId: string; number: number }[],
  ): Promise<(id: string, number: number) => Plan>
}

const keptPlans = 500

export function createShelf(): Shelf {
  const kept = new Map<string, Plan>()
  return {
    async published(db) {
      const rows = await many<Published>(
        db,
        sql`select id, name, status, live_version as "liveVersion", coalesce((
            select jsonb_agg(jsonb_build_object('number', v.number, 'inside', v.inside) order by v.number)
            from workflows.version v where v.workflow_id = w.id and v.inside <> 'stay'), '[]') as reseats
          from workflows.workflow w where live_version is not null`,
      )
      return new Map(rows.map(row => [row.id, row]))
    },
    async plans(db, wanted) {
      if (kept.size > keptPlans) kept.clear()
      const missing = wanted.filter(each => !kept.has(`${each.workflowId}:${each.number}`))
      for (const row of await selectDefinitions(db, missing)) {
        kept.set(`${row.workflowId}:${row.number}`, planOf(row.workflowId, row.number, row.definition))
      }
      return (id, number) => {
        const plan = kept.get(`${id}:${number}`)
        if (!plan) throw new Error(`workflow ${id} has no version ${number}`)
        return plan
      }
    },
  }
}
