import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

const settings = z.object({ listId: idSchema })

/** Puts the contact on a list. */
export const addToList = node({
  type: 'add-to-list',
  title: 'Add to list',
  category: 'contact',
  words: 'Puts the contact on a list',
  settings,
  initial: {},
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ listId }, names) =>
    `Add to the list “${names({ kind: 'list', id: listId }) ?? 'missing list'}”`,
  uses: ({ listId }) => [{ kind: 'list', id: listId }],
  run: ({ listId }) => ({ does: 'go', exit: 'next', effects: [{ do: 'list', listId, in: true }] }),
})

/** Takes the contact off a list. */
export const removeFromList = node({
  type: 'remove-from-list',
  title: 'Remove from list',
  category: 'contact',
  words: 'Takes the contact off a list',
  settings,
  initial: {},
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ listId }, names) =>
    `Remove from the list “${names({ kind: 'list', id: listId }) ?? 'missing list'}”`,
  uses: ({ listId }) => [{ kind: 'list', id: listId }],
  run: ({ listId }) => ({ does: 'go', exit: 'next', effects: [{ do: 'list', listId, in: false }] }),
})
