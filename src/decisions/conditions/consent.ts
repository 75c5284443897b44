import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { conditionKind } from '../condition.ts'
import { wordsSchema } from '../operator.ts'

/** `none`: nothing was ever recorded. */
const states = ['granted', 'withdrawn', 'pending', 'none'] as const

export const consentSchema = z.strictObject({
  type: z.literal('consent'),
  purpose: wordsSchema.max(100),
  topicId: idSchema.nullish(),
  state: z.enum(states),
})
type Settings = z.infer<typeof consentSchema>

// Topic 0 is the purpose as a whole.
const current = ({ purpose, topicId }: Settings) => sql`
  select c.state from audience.consent_current c
  where c.contact_id = contact.id and c.purpose = ${purpose}::text
    and c.topic_id = ${topicId ?? '0'}::bigint`

const stateWords = {
  granted: 'has agreed to',
  withdrawn: 'no longer agrees to',
  pending: 'has yet to confirm',
  none: 'was never asked about',
}

/** What the contact allows, as it stands now. */
export const consent = conditionKind<Settings>({
  type: 'consent',
  title: 'Consent',
  schema: consentSchema,
  cost: () => 10,
  describe(settings, names) {
    const topic = settings.topicId
      ? (names({ kind: 'topic', id: settings.topicId }) ?? settings.topicId)
      : null
    return `${stateWords[settings.state]} ${settings.purpose}${topic === null ? '' : ` about “${topic}”`}`
  },
  wakesOn: ({ purpose }) =>
    ['consent.granted', 'consent.withdrawn', 'consent.pending'].map(type => ({ type, about: purpose })),
  uses: ({ topicId }) => (topicId ? [{ kind: 'topic', id: topicId }] : []),
  compile: settings =>
    settings.state === 'none'
      ? sql<boolean>`not exists (${current(settings)})`
      : sql<boolean>`exists (${current(settings)} and c.state = ${settings.state}::text)`,
  actual: settings => sql`coalesce((${current(settings)} limit 1), 'none')`,
})
