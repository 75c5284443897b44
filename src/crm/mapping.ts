import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'

/** What a record is here. */
export const kinds = ['user', 'company', 'person', 'deal', 'campaign', 'member', 'task'] as const
export type Kind = (typeof kinds)[number]

/** Who decides about a field: see docs/crm.md for each with an example. */
export const rules = ['crm', 'crm_unless_blank', 'tend', 'two_way', 'none'] as const
export type Rule = (typeof rules)[number]

export const transforms = [
  'none',
  'trim',
  'lower',
  'upper',
  'capitalize',
  'phone',
  'date_day_first',
  'date_month_first',
  'boolean',
  'invert',
  'first_line',
  'first_name',
  'last_name',
] as const

const name = z.string().min(1).max(120)

export const fieldMapSchema = z
  .object({
    /** A field of Tend (`first_name`, `attrs.plan`, `opt_out`, `score.<id>`) and one of the CRM. */
    local: name,
    remote: name,
    rule: z.enum(rules),
    /** Whether an empty value may empty the other side. */
    blank: z.enum(['keep', 'clear']).default('clear'),
    transform: z.enum(transforms).default('none'),
    /** On which way the transform works: on what comes here, on what goes there, or on both (`invert` always is). */
    applies: z.enum(['here', 'there', 'both']).default('here'),
    /** Whose telephone numbers begin without a country (ISO 3166, two letters); for `phone`. */
    country: z.string().length(2).toUpperCase().nullable().default(null),
    /** Value in the CRM -> value here; back it goes as the first that means it. */
    valueMap: z.record(z.string().max(500), z.string().max(500)).nullable().default(null),
    /**
     * What becomes of a value that the value map does not list, or the transform does not understand: it passes as it
     * is, counts as empty, or stays where it is, with an issue.
     */
    unknown: z.enum(['keep', 'blank', 'issue']).default('keep'),
  })
  .strict()
export type FieldMap = z.output<typeof fieldMapSchema>

export const objectMapSchema = z
  .object({
    kind: z.enum(kinds),
    /** The CRM's own name of the object: Lead, res.partner. */
    remote: name,
    fields: z.array(fieldMapSchema).max(300),
    /** By which fields of Tend a record is recognised that is not linked yet, in this order. */
    matchKeys: z.array(name).max(5).default(['email']),
    /** Whether records of the CRM become new ones here. */
    createHere: z.boolean().default(true),
    /** Whether records from here become new ones there; of several objects of a kind one may say so. */
    createThere: z.boolean().default(false),
    /** Only contacts of this segment are created there; null = all that are asked for. */
    inclusionSegmentId: idSchema.nullable().default(null),
    /** What becomes of ours when theirs is deleted, and of theirs when ours is; erasures are always passed on. */
    deletedThere: z.enum(['unlink', 'delete']).default('unlink'),
    deletedHere: z.enum(['unlink', 'delete']).default('unlink'),
    /** Who wins where both sides changed a two-way field. */
    winner: z.enum(['crm', 'tend', 'newer']).default('crm'),
    /** Whether a converted lead is followed to what it became. */
    followConversions: z.boolean().default(true),
    /** On what ground a contact without a word here is granted marketing when the CRM says that it may; null = never. */
    consentBasis: z.string().min(1).max(120).nullable().default(null),
  })
  .strict()
export type ObjectMap = z.output<typeof objectMapSchema>

export const mappingSchema = z
  .object({
    objects: z.array(objectMapSchema).max(20),
    /** The CRM's user whom records are given to whose owner has no counterpart there. */
    fallbackOwner: z.string().max(120).nullable().default(null),
  })
  .strict()
export type Mapping = z.output<typeof mappingSchema>

/** Dependency order for loading and writing. */
export const inOrder = (objects: ObjectMap[]): ObjectMap[] =>
  [...objects].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))

/** The object that new records of a kind are made as. */
export const createdAs = (mapping: Mapping, kind: Kind): ObjectMap | undefined =>
  mapping.objects.find(object => object.kind === kind && object.createThere)

/** Whether anything flows: an opt-out always does. */
export const isUsed = (field: Pick<FieldMap, 'rule' | 'local'>): boolean =>
  field.rule !== 'none' || field.local === optOut

/** What the connector has to be asked for. */
export const remoteFields = (object: ObjectMap): string[] => [
  ...new Set(object.fields.filter(isUsed).map(field => field.remote)),
]

/** A person's field that says “do not write to me”: the stricter side wins, whatever its rule. */
export const optOut = 'opt_out'
