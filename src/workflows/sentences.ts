import type { Db } from '#platform/db/db.ts'
import type { Draft } from './definition.ts'
import { findProblems } from './graph.ts'
import { describeEvent, eventMatchSchema } from './listen.ts'
import { lookUp } from './look-up.ts'
import { nodeByType } from './nodes/all.ts'

/** A draft in words: the trigger, and each step whose settings can be read. Others say their kind only. */
export async function sentencesOf(
  db: Db,
  draft: Draft,
): Promise<{ trigger: string; steps: Record<string, string> }> {
  const known = await lookUp(
    db,
    findProblems(draft).references.map(each => each.reference),
  )
  const trigger = eventMatchSchema.safeParse(draft.trigger)
  const steps: Record<string, string> = {}
  for (const [id, placed] of Object.entries(draft.nodes ?? {})) {
    const kind = nodeByType.get(placed.type)
    const settings = kind?.settings.safeParse(placed.settings ?? {})
    const isReadable = kind !== undefined && settings?.success === true
    steps[id] = isReadable
      ? kind.bind(placed.settings ?? {}).describe(known.names)
      : `${kind?.title ?? placed.type} …`
  }
  return { trigger: trigger.success ? `When ${describeEvent(trigger.data)} happens` : 'When …', steps }
}
