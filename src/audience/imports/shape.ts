import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { isFieldKey } from '../traits.ts'
import { delimiters, encodings } from './dialect.ts'

/** Where a column can go besides custom fields (`attrs.<key>`). */
export const builtIn = [
  'email',
  'first_name',
  'last_name',
  'name',
  'phone',
  'job_title',
  'country',
  'language',
  'time_zone',
  'stage',
  'company',
  'company_domain',
  'lists',
  'opt_out',
] as const
export type BuiltIn = (typeof builtIn)[number]

const target = z
  .string()
  .max(80)
  .refine(
    text =>
      (builtIn as readonly string[]).includes(text) ||
      (text.startsWith('attrs.') && isFieldKey(text.slice(6))),
    'is no field',
  )

/** How values are written: day or month first, comma for decimals. Left out: ISO dates and a decimal point. */
export const formats = ['dmy', 'mdy', 'comma'] as const

export const columnMapSchema = z
  .object({
    /** Null leaves the column out. */
    to: target.nullable(),
    /** Makes the custom field where there is none yet. */
    create: z
      .object({
        label: z.string().trim().min(1).max(200),
        type: z.enum(['text', 'number', 'boolean', 'date']),
      })
      .optional(),
    format: z.enum(formats).optional(),
  })
  .strict()
export type ColumnMap = z.infer<typeof columnMapSchema>

export const mappingSchema = z.array(columnMapSchema).max(1_100)

export const dialectSchema = z
  .object({ encoding: z.enum(encodings), delimiter: z.enum(delimiters), header: z.boolean() })
  .strict()

export const consentBases = [
  /** No consent yet: everybody gets a letter that asks for it. */
  'ask',
  'opt-in',
  'double-opt-in',
  'contract',
  'legitimate-interest',
  'existing-customer',
] as const

export const optionsSchema = z
  .object({
    /** What happens to contacts that are here already. */
    existing: z.enum(['overwrite', 'fill', 'skip']).default('fill'),
    listIds: z.array(idSchema).max(20).default([]),
    /** Null: nothing is said about consent. Else on what ground, to which words, and where it was said. */
    consent: z
      .object({
        basis: z.enum(consentBases),
        wording: z.string().trim().min(1).max(2000),
        source: z.string().trim().min(1).max(500),
        /** How many of the letters of `ask` leave in an hour; 1,000 where nothing is said. */
        lettersPerHour: z.number().int().min(1).max(100_000).optional(),
      })
      .strict()
      .nullable()
      .default(null),
    /** Whether workflows that begin with a new contact, a change or a list may begin by this import. */
    wakes: z.boolean().default(false),
  })
  .strict()
export type ImportOptions = z.infer<typeof optionsSchema>

/** So few that a mail server does not balk and other letters pass in between. */
export const lettersPerHour = (consent: NonNullable<ImportOptions['consent']>): number =>
  consent.lettersPerHour ?? 1_000

export const dryRunSchema = z.object({
  rows: z.number(),
  added: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  /** Rows about somebody whom an earlier row of the file names: each ends as updated or unchanged. */
  repeated: z.number(),
  /** New contacts whose address is suppressed: they come in and are not written to. */
  suppressed: z.number(),
  /** People who would be asked by mail to confirm. */
  asked: z.number(),
  reasons: z.array(
    z.object({
      reason: z.string(),
      count: z.number(),
      examples: z.array(z.object({ row: z.number(), text: z.string() })),
    }),
  ),
  examples: z.array(
    z.object({
      row: z.number(),
      outcome: z.enum(['added', 'updated', 'unchanged']),
      address: z.string(),
      changes: z.array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string() })),
    }),
  ),
})
export type DryRun = z.infer<typeof dryRunSchema>
