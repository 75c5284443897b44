import { z } from 'zod'
import { roles, timeSchema } from '#platform/http/route.ts'

export const tag = 'access'
export const roleSchema = z.enum(roles)
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(text => !text.includes('\u0000'), 'must not hold a NUL')
export const emailSchema = z.email().max(254)

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: roleSchema,
  active: z.boolean(),
  hasPassword: z.boolean(),
  secondFactor: z.boolean(),
  createdAt: timeSchema,
})
