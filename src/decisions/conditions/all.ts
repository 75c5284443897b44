import type { z } from 'zod'
import type { Kind } from '../condition.ts'
import { company, type companySchema } from './company.ts'
import { companyPeople, type companyPeopleSchema } from './company-people.ts'
import { consent, type consentSchema } from './consent.ts'
import { event, type eventSchema } from './event.ts'
import { field, type fieldSchema } from './field.ts'
import { list, type listSchema } from './list.ts'
import { score, type scoreSchema } from './score.ts'
import { segment, type segmentSchema } from './segment.ts'

/** Every kind of condition there is. A new one is a file and a line here. */
export const conditionKinds: Kind[] = [field, event, list, segment, consent, score, company, companyPeople]

export const kindByType = new Map(conditionKinds.map(kind => [kind.type, kind]))

/** A condition as it is written down. */
export type WrittenCondition = z.infer<
  | typeof fieldSchema
  | typeof eventSchema
  | typeof listSchema
  | typeof segmentSchema
  | typeof consentSchema
  | typeof scoreSchema
  | typeof companySchema
  | typeof companyPeopleSchema
>
