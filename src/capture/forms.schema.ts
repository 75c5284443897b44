import { z } from 'zod'
import { daySchema, idSchema, timeSchema } from '#platform/http/route.ts'
import { formDocumentSchema } from './forms/definition.ts'
import { type FormHead, formStatuses } from './forms/forms.sql.ts'

export const testSchema = z.object({
  number: z.int(),
  weight: z.int(),
  minimum: z.int(),
  confidence: z.int(),
  autoStop: z.boolean(),
  startedAt: z.string(),
  startedBy: z.string(),
})
export const formHead = z.object({
  id: idSchema,
  /** In its address on the street; never changes. */
  key: z.string(),
  name: z.string(),
  status: z.enum(formStatuses),
  version: z.int(),
  liveVersion: z.int().nullable(),
  test: testSchema.nullable(),
  /** Its hosted page. */
  url: z.string(),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
  createdAt: timeSchema,
})
export const formReply = formHead.extend({ document: formDocumentSchema })

/** A form as it goes out, with the address of its hosted page. */
export const shown = <T extends FormHead>(row: T, streetUrl: string): T & { url: string } => ({
  ...row,
  url: `${streetUrl}/forms/${row.key}`,
})
