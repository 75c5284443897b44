import { z } from 'zod'
import { node } from '../node.ts'

const settings = z.object({
  paths: z
    .array(
      z.object({
        id: z.string().regex(/^[a-z0-9_-]{1,40}$/, 'Use small letters, digits and dashes'),
        title: z.string().max(100).optional(),
        share: z.number().positive().max(1000),
      }),
    )
    .min(2)
    .max(20)
    .refine(paths => new Set(paths.map(path => path.id)).size === paths.length, 'Two paths have the same id'),
})

/** Sends contacts down paths by share. The same contact always takes the same path of the same step. */
export const split = node({
  type: 'split',
  title: 'Split',
  category: 'path',
  words: 'Divides contacts over several paths by share',
  settings,
  initial: {
    paths: [
      { id: 'a', share: 50 },
      { id: 'b', share: 50 },
    ],
  },
  exits: ({ paths }) => paths.map(path => path.id),
  describe({ paths }) {
    const total = paths.reduce((sum, path) => sum + path.share, 0)
    const parts = paths.map(path => `${Math.round((path.share / total) * 100)}% ${path.title ?? path.id}`)
    return `Split: ${parts.join(', ')}`
  },
  run({ paths }, _facts, { chance }) {
    const total = paths.reduce((sum, path) => sum + path.share, 0)
    let upTo = 0
    for (const path of paths) {
      upTo += path.share / total
      if (chance < upTo) return { does: 'go', exit: path.id }
    }
    return { does: 'go', exit: paths.at(-1)?.id ?? '' }
  },
})
