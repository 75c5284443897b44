import { z } from 'zod'
import { describeFilter } from '#decisions/describe.ts'
import { filterSchema, usesOf } from '#decisions/filter.ts'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

/** Ends this workflow for the contact and enters him into another one, always or when a filter matches. */
export const moveToWorkflow = node({
  type: 'move-to-workflow',
  title: 'Move to workflow',
  category: 'path',
  words: 'Moves the contact to another workflow, always or when a filter matches',
  settings: z.object({ workflowId: idSchema, when: filterSchema.optional() }),
  initial: {},
  usualExits: [],
  exits: ({ when }) => (when ? ['otherwise'] : []),
  describe({ workflowId, when }, names) {
    const target = `Move to “${names({ kind: 'workflow', id: workflowId }) ?? 'missing workflow'}”`
    return when ? `${target} if ${describeFilter(when, names)}` : target
  },
  uses: ({ workflowId, when }) => [{ kind: 'workflow', id: workflowId }, ...(when ? usesOf(when) : [])],
  needs: ({ when }): { filters?: Record<string, NonNullable<typeof when>> } =>
    when ? { filters: { when } } : {},
  run({ workflowId, when }, facts) {
    if (when && !facts.matches('when')) return { does: 'go', exit: 'otherwise' }
    return { does: 'stop', reason: 'moved', exit: 'moved', effects: [{ do: 'enrol', workflowId }] }
  },
})
