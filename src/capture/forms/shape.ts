import { z } from 'zod'
import { type Logic, logicOperators } from './logic.ts'

/** Names of fields and steps: they stand in names of inputs. */
export const keyPattern = /^[a-z][a-z0-9_]{0,39}$/

const plain = (max: number) =>
  z
    .string()
    .max(max)
    .refine(text => !text.includes('\0'), 'holds a NUL')
export const line = plain(300)
export const paragraph = plain(5_000)

const questionSchema = z.strictObject({
  field: z.string().regex(keyPattern),
  op: z.string().refine(op => logicOperators.includes(op), 'is no operator of forms'),
  value: z
    .union([plain(300), z.number(), z.boolean(), z.array(z.union([plain(300), z.number()])).max(100)])
    .optional(),
})

/** Conditions in the shape of the filter language: groups of questions about answers. */
export const logicSchema: z.ZodType<Logic> = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(logicSchema).max(20) }),
      z.strictObject({ any: z.array(logicSchema).max(20) }),
      z.strictObject({ not: logicSchema }),
      questionSchema,
    ]),
  )
  .meta({ id: 'FormLogic' })

export const merges = ['overwrite', 'fill_if_empty', 'append'] as const
export type Merge = (typeof merges)[number]

/** Where an answer goes besides the submission and the event, which hold all answers. */
export const mappingSchema = z
  .discriminatedUnion('to', [
    z.object({
      to: z.literal('contact'),
      /** As the filter language names it: `first_name`, `attrs.plan`. */
      field: z.string().min(1).max(80),
      merge: z.enum(merges),
    }),
    z.object({ to: z.literal('company'), field: z.enum(['name', 'domain']), merge: z.enum(merges) }),
    z.object({ to: z.literal('event'), field: z.string().regex(keyPattern) }),
  ])
  .nullable()
export type Mapping = z.infer<typeof mappingSchema>

/** What every field has. */
export const commonShape = {
  key: z.string().regex(keyPattern, 'is a short name in lower case'),
  label: line,
  help: line,
  width: z.enum(['full', 'half', 'third']),
  /** Shown only while this holds; what is hidden is not taken. Looks at fields before it. */
  show: logicSchema.nullable(),
}

/** What every field that asks something has. */
export const questionShape = {
  ...commonShape,
  placeholder: line,
  required: z.boolean(),
  requireWhen: logicSchema.nullable(),
  mapping: mappingSchema,
  /** With progressive profiling: shown even to those whose answer is known. */
  always: z.boolean(),
  /** Said instead of our own words when the answer will not do. */
  error: line,
}

export const optionSchema = z.object({ value: z.string().min(1).max(100), label: line })
