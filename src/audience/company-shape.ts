import { z } from 'zod'
import { timeSchema } from '#platform/http/route.ts'

/** A company as the API shows it. */
export const companySchema = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  domain: z.string().nullable(),
  name: z.string(),
  attrs: z.record(z.string(), z.unknown()),
  people: z.number().int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  version: z.number().int(),
})
