import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { conditionKind } from '../condition.ts'

export const listSchema = z.strictObject({ type: z.literal('list'), listId: idSchema, in: z.boolean() })
type Settings = z.infer<typeof listSchema>

const isOn = ({ listId }: Settings) => sql<boolean>`exists (
  select from audience.list_member m where m.contact_id = contact.id and m.list_id = ${listId}::bigint)`

/** Whether somebody put the contact on a list. */
export const list = conditionKind<Settings>({
  type: 'list',
  title: 'List',
  schema: listSchema,
  cost: () => 10,
  describe(settings, names) {
    const name = names({ kind: 'list', id: settings.listId })
    return `${settings.in ? 'is' : 'is not'} on the list ${name === undefined ? settings.listId : `“${name}”`}`
  },
  wakesOn: ({ listId }) => [
    { type: 'list.joined', about: listId },
    { type: 'list.left', about: listId },
  ],
  uses: ({ listId }) => [{ kind: 'list', id: listId }],
  compile: settings => (settings.in ? isOn(settings) : sql<boolean>`not ${isOn(settings)}`),
  actual: isOn,
})
