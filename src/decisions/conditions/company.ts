import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { conditionKind } from '../condition.ts'
import { jsonReadings, operandOf } from '../operand.ts'
import { type Operand, type Operator, type Value, valueSchema } from '../operator.ts'
import { findOperator, operatorNames } from '../operators/all.ts'

const own = ['name', 'domain']
const prefix = 'attrs.'
const keyOf = (field: string) => (field.startsWith(prefix) ? field.slice(prefix.length) : null)

/** What a company's systems say of it has no declared type: the value that is compared with decides. */
export const companySchema = z
  .strictObject({
    type: z.literal('company'),
    field: z
      .string()
      .max(206)
      .refine(
        name => own.includes(name) || (Boolean(keyOf(name)) && !name.includes('\u0000')),
        'is no field of a company',
      ),
    op: z.enum(operatorNames),
    value: valueSchema.optional(),
  })
  .superRefine(({ field, op, value }, context) => {
    const found = findOperator(op, value, keyOf(field) === null ? 'text' : undefined)
    if ('problem' in found) context.addIssue({ code: 'custom', path: [found.at], message: found.problem })
  })
type Settings = z.infer<typeof companySchema>

function operatorOf({ field, op, value }: { field: string; op: string; value?: Value }): Operator {
  const found = findOperator(op, value, keyOf(field) === null ? 'text' : undefined)
  if ('problem' in found) throw new Error(`${op} ${found.problem}`)
  return found
}

/** The readings of a field of `audience.company company`. */
function companyOperand(field: string, zone: string): Operand {
  const key = keyOf(field)
  if (key !== null) {
    const json = sql`nullif(company.attrs -> ${key}::text, 'null'::jsonb)`
    return operandOf(
      jsonReadings(json, sql<string | null>`company.attrs ->> ${key}::text`, zone),
      field,
      null,
    )
  }
  const text = sql.ref(`company.${field}`) as RawBuilder<string | null>
  const moment = sql<Date | null>`decisions.moment_of(${text}, ${zone}::text)`
  return operandOf({ text, number: sql<string | null>`decisions.number_of(${text})`, moment }, field, null)
}

/** What somebody without a company has. */
const nothing: Operand = operandOf(
  {
    text: sql<string | null>`null::text`,
    number: sql<string | null>`null::numeric`,
    moment: sql<Date | null>`null::timestamptz`,
  },
  'no company',
  null,
)

/** What is known of the company that the contact works for. Who has none is as somebody whose company says nothing. */
export const company = conditionKind<Settings>({
  type: 'company',
  title: 'Company',
  schema: companySchema,
  cost: () => 6,
  describe: settings =>
    `company ${keyOf(settings.field) ?? settings.field} ${operatorOf(settings).describe(settings.value)}`,
  // What changes at the company itself is seen by the nightly check.
  wakesOn: () => [{ type: 'contact.updated', about: 'company_id' }],
  compile(settings, context) {
    const operator = operatorOf(settings)
    const test = operator.compile(companyOperand(settings.field, context.zone), settings.value, context)
    const without = operator.compile(nothing, settings.value, context)
    // For everybody the companies that fit are looked up once; for a few each one's own.
    const fits =
      context.scope.of === 'ids'
        ? sql<boolean>`exists (select from audience.company company where company.id = contact.company_id and ${test})`
        : sql<boolean>`contact.company_id in (select company.id from audience.company company where ${test})`
    return sql<boolean>`case when contact.company_id is null then ${without} else ${fits} end`
  },
  actual({ field }) {
    const key = keyOf(field)
    const value =
      key === null ? sql`to_jsonb(${sql.ref(`company.${field}`)})` : sql`company.attrs -> ${key}::text`
    return sql`(select ${value} from audience.company company where company.id = contact.company_id)`
  },
})
