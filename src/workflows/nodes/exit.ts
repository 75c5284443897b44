import { z } from 'zod'
import { node } from '../node.ts'

/** Ends the workflow for the contact. */
export const exit = node({
  type: 'exit',
  title: 'Exit',
  category: 'end',
  words: 'Ends the workflow for the contact',
  settings: z.object({ reason: z.string().max(200).optional() }),
  initial: {},
  exits: () => [],
  describe: ({ reason }) => (reason ? `Exit: ${reason}` : 'Exit'),
  run: ({ reason }) => ({ does: 'stop', reason: reason ?? 'finished' }),
})
