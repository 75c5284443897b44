import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { conditionKind } from '../condition.ts'

export const companyPeopleSchema = z.strictObject({
  type: z.literal('company_people'),
  op: z.enum(['at_least', 'less_than']),
  value: z.number().int().min(1).max(1_000_000),
})
type Settings = z.infer<typeof companyPeopleSchema>

/** How many contacts work for the company that the contact works for, itself among them. Who has no company has 0. */
export const companyPeople = conditionKind<Settings>({
  type: 'company_people',
  title: 'People at the company',
  schema: companyPeopleSchema,
  cost: () => 8,
  describe: ({ op, value }) =>
    `company has ${op === 'at_least' ? 'at least' : 'fewer than'} ${value} ${value === 1 ? 'contact' : 'contacts'}`,
  // A colleague who comes or goes is seen by the nightly check.
  wakesOn: () => [{ type: 'contact.updated', about: 'company_id' }],
  compile({ op, value }, { scope }) {
    // For everybody the companies are counted once; for a few each one's own, and no further than asked.
    const reaches =
      scope.of === 'ids'
        ? sql<boolean>`(select count(*) from (
            select from audience.contact peer where peer.company_id = contact.company_id limit ${value}) peers) >= ${value}`
        : sql<boolean>`contact.company_id is not null and contact.company_id in (
            select peer.company_id from audience.contact peer where peer.company_id is not null
            group by peer.company_id having count(*) >= ${value})`
    return op === 'at_least' ? sql<boolean>`(${reaches})` : sql<boolean>`not (${reaches})`
  },
  actual: () => sql`(select count(*) from audience.contact peer where peer.company_id = contact.company_id)`,
})
