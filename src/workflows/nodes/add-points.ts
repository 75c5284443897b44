import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

/** Adds points to one of the contact's scores, or takes some away. */
export const addPoints = node({
  type: 'add-points',
  title: 'Add points',
  category: 'contact',
  words: 'Adds points to a score, or takes some away',
  settings: z.object({
    modelId: idSchema,
    points: z
      .int()
      .min(-1000)
      .max(1000)
      .refine(points => points !== 0, 'No points change nothing'),
    reason: z.string().max(200).optional(),
  }),
  initial: { points: 10 },
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ modelId, points }, names) =>
    `${points > 0 ? 'Add' : 'Take away'} ${Math.abs(points)} points ${points > 0 ? 'to' : 'from'} “${
      names({ kind: 'score-model', id: modelId }) ?? 'missing score'
    }”`,
  uses: ({ modelId }) => [{ kind: 'score-model', id: modelId }],
  run: ({ modelId, points, reason }) => ({
    does: 'go',
    exit: 'next',
    effects: [{ do: 'points', modelId, points, reason: reason ?? 'A workflow step' }],
  }),
})
