import { z } from 'zod'
import { node } from '../node.ts'

/** Writes one field of the contact. Identity fields are not to be changed by a workflow. */
export const setField = node({
  type: 'set-field',
  title: 'Set field',
  category: 'contact',
  words: 'Writes a value into a field of the contact',
  settings: z.object({
    field: z
      .string()
      .min(1)
      .max(100)
      .refine(field => field !== 'email' && field !== 'id', 'A workflow cannot change the address'),
    value: z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]),
  }),
  initial: { field: 'stage', value: '' },
  exits: () => ['next'],
  describe: ({ field, value }) => (value === null ? `Empty ${field}` : `Set ${field} to ${String(value)}`),
  writes: ({ field }) => [field],
  run: ({ field, value }) => ({ does: 'go', exit: 'next', effects: [{ do: 'field', field, value }] }),
})
