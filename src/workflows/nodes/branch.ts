import { z } from 'zod'
import { describeFilter } from '#decisions/describe.ts'
import { filterSchema, usesOf } from '#decisions/filter.ts'
import { node } from '../node.ts'

/** Asks one question about the contact and goes one of two ways. */
export const branch = node({
  type: 'branch',
  title: 'Branch',
  category: 'path',
  words: 'Goes one way for contacts who match a filter and another way for the others',
  settings: z.object({ filter: filterSchema }),
  initial: { filter: { all: [] } },
  exits: () => ['yes', 'no'],
  describe: ({ filter }, names) => `If ${describeFilter(filter, names)}`,
  uses: ({ filter }) => usesOf(filter),
  needs: ({ filter }) => ({ filters: { filter } }),
  run: (_settings, facts) => ({ does: 'go', exit: facts.matches('filter') ? 'yes' : 'no' }),
})
