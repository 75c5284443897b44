import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { conditionKind } from '../condition.ts'

export const segmentSchema = z.strictObject({
  type: z.literal('segment'),
  segmentId: idSchema,
  in: z.boolean(),
})
type Settings = z.infer<typeof segmentSchema>

const isMember = ({ segmentId }: Settings) => sql<boolean>`exists (
  select from decisions.segment_member m where m.contact_id = contact.id and m.segment_id = ${segmentId}::bigint)`

/** Whether the contact is in a segment: its kept membership, not its filter asked again. */
export const segment = conditionKind<Settings>({
  type: 'segment',
  title: 'Segment',
  schema: segmentSchema,
  cost: () => 10,
  describe(settings, names) {
    const name = names({ kind: 'segment', id: settings.segmentId })
    return `${settings.in ? 'is' : 'is not'} in the segment ${name === undefined ? settings.segmentId : `“${name}”`}`
  },
  wakesOn: ({ segmentId }) => [
    { type: 'segment.entered', about: segmentId },
    { type: 'segment.left', about: segmentId },
  ],
  uses: ({ segmentId }) => [{ kind: 'segment', id: segmentId }],
  compile: settings => (settings.in ? isMember(settings) : sql<boolean>`not ${isMember(settings)}`),
  actual: isMember,
})
