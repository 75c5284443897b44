import { z } from 'zod'
import { isHuman } from '#activity/catalogue.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { type EventMatch, eventMatchSchema, matchesEvent } from './listen.ts'
import type { Listen, Step } from './node.ts'
import { nodeByType } from './nodes/all.ts'

const nodeId = z.string().min(1).max(64)

/** How often a contact may come in: once ever, again after leaving, or again after so many days (and having left). */
export const reentrySchema = z.union([
  z.literal('once'),
  z.literal('after_exit'),
  z.object({ afterDays: z.int().min(1).max(3660) }),
])
export type Reentry = z.infer<typeof reentrySchema>

/** A definition that may go live. Whether its steps fit together is for `findProblems` to say. */
export const definitionSchema = z.object({
  trigger: eventMatchSchema.extend({ filter: filterSchema.nullish() }),
  reentry: reentrySchema,
  exit: z.object({ filter: filterSchema }).nullish(),
  goal: filterSchema.nullish(),
  start: nodeId,
  nodes: z
    .record(
      nodeId,
      z.object({
        type: z.string().max(64),
        settings: z.record(z.string(), z.unknown()),
        exits: z.record(z.string().max(64), nodeId.nullable()),
        title: z.string().max(200).nullish(),
      }),
    )
    .refine(nodes => Object.keys(nodes).length <= 1000, 'A workflow holds at most 1,000 steps'),
})
export type Definition = z.infer<typeof definitionSchema>

/** A draft: the same shape with every part missing or wrong at will, so that half-done work can be saved. */
export const draftSchema = z
  .looseObject({
    trigger: z.looseObject({}).nullish(),
    reentry: z.unknown(),
    start: z.string().max(64).nullish(),
    nodes: z
      .record(
        nodeId,
        z.looseObject({
          type: z.string().max(64),
          settings: z.record(z.string(), z.unknown()).optional(),
          exits: z.record(z.string().max(64), nodeId.nullable()).optional(),
        }),
      )
      .optional(),
  })
  .refine(draft => JSON.stringify(draft).length <= 2_000_000, 'A workflow takes at most 2 MB')
export type Draft = z.infer<typeof draftSchema>

/** One step of a published version, ready to run. */
export type PlanStep = { id: string; step: Step; next: (exit: string) => string | null; heardOf: Listen[] }

/** A published version, ready to run. Made once per version and kept. */
export type Plan = {
  workflowId: string
  number: number
  definition: Definition
  steps: ReadonlyMap<string, PlanStep>
  /** Filters that end the way when they match, and the event types that may turn them. */
  leave: { key: 'exit' | 'goal'; filter: Filter }[]
  /** Events of earlier messages that some later step asks for: kept from the sending on, however early they come. */
  mailListens: Listen[]
}

/** Reads a stored version. Throws when it is not valid, which publishing rules out. */
export function planOf(workflowId: string, number: number, stored: unknown): Plan {
  const definition = definitionSchema.parse(stored)
  const steps = new Map<string, PlanStep>()
  for (const [id, placed] of Object.entries(definition.nodes)) {
    const kind = nodeByType.get(placed.type)
    if (!kind) throw new Error(`workflow ${workflowId} v${number} has a step of unknown type ${placed.type}`)
    const step = kind.bind(placed.settings)
    const exits = new Map(Object.entries(placed.exits))
    const heardOf = step.listens ? [step.listens] : []
    steps.set(id, { id, step, next: exit => exits.get(exit) ?? null, heardOf })
  }
  const leave: Plan['leave'] = []
  if (definition.exit) leave.push({ key: 'exit', filter: definition.exit.filter })
  if (definition.goal) leave.push({ key: 'goal', filter: definition.goal })
  const mailListens = [...steps.values()].flatMap(each =>
    each.heardOf.filter(listen => listen.email !== undefined),
  )
  return { workflowId, number, definition, steps, leave, mailListens }
}

/** Every filter a definition holds: what must be counted in advance for it. */
export function filtersOf(plan: Plan): Filter[] {
  const ofSteps = [...plan.steps.values()].flatMap(each => Object.values(each.step.needs.filters ?? {}))
  const ofTrigger = plan.definition.trigger.filter ? [plan.definition.trigger.filter] : []
  return [...ofTrigger, ...plan.leave.map(each => each.filter), ...ofSteps]
}

/** Whether an event made by a person is the trigger's; the trigger's filter is another question. */
export function triggers(
  trigger: EventMatch,
  event: Parameters<typeof matchesEvent>[1],
  zone: string,
): boolean {
  return isHuman(event.data) && event.data.muted !== true && matchesEvent(trigger, event, zone)
}
