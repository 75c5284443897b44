import { z } from 'zod'
import { idSchema, timeSchema } from '#platform/http/route.ts'
import type { Contact } from './contacts.sql.ts'

const text = (max: number) => z.string().trim().min(1).max(max).nullable().optional()

/** What can be set on a contact. Left out = unchanged, null = cleared. */
export const contactFieldsSchema = z
  .object({
    email: z.string().max(320).optional(),
    firstName: text(200),
    lastName: text(200),
    phone: text(60),
    jobTitle: text(200),
    country: text(60),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'is no language code, like en or pt-BR')
      .nullable()
      .optional(),
    timeZone: z.string().max(64).refine(isZone, 'is no time zone, like Europe/Berlin').nullable().optional(),
    stage: text(60),
    ownerId: text(60),
    companyId: idSchema.nullable().optional(),
    attrs: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_ .-]{0,63}$/),
        z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]),
      )
      .optional(),
  })
  .strict()

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

export const contactSchema = z.object({
  id: z.string(),
  email: z.string().nullable(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  phone: z.string().nullable(),
  jobTitle: z.string().nullable(),
  country: z.string().nullable(),
  language: z.string().nullable(),
  timeZone: z.string().nullable(),
  stage: z.string(),
  ownerId: z.string().nullable(),
  company: z.object({ id: z.string(), name: z.string() }).nullable(),
  attrs: z.record(z.string(), z.unknown()),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  updatedBy: z.string(),
  version: z.number().int(),
})

/** A contact as the API shows it. */
export function shapeContact(contact: Contact): z.input<typeof contactSchema> & { id: string } {
  const { companyId, companyName, ...rest } = contact
  return { ...rest, company: companyId ? { id: companyId, name: companyName ?? '' } : null }
}
