import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { conditionKind } from '../condition.ts'
import { customKey, fieldOperand, fieldWords, findContactField } from '../contact-fields.ts'
import { type Family, type Operator, type Value, valueSchema } from '../operator.ts'
import { findOperator, operatorNames } from '../operators/all.ts'

const fieldName = z
  .string()
  .max(206)
  .refine(name => findContactField(name) !== undefined || isCustom(name), 'is no field of a contact')

export const fieldSchema = z
  .strictObject({
    type: z.literal('field'),
    field: fieldName,
    op: z.enum(operatorNames),
    value: valueSchema.optional(),
  })
  .superRefine(({ field, op, value }, context) => {
    const found = findOperator(op, value, familyOf(field))
    if ('problem' in found) context.addIssue({ code: 'custom', path: [found.at], message: found.problem })
  })

function isCustom(name: string): boolean {
  const key = customKey(name)
  return key !== null && key !== '' && !key.includes('\u0000')
}

/** Custom fields have their type in audience.fields: checked where a filter goes live, not in its grammar. */
function familyOf(field: string): Family | undefined {
  return findContactField(field)?.family
}

function operatorOf({ field, op, value }: { field: string; op: string; value?: Value }): Operator {
  const found = findOperator(op, value, familyOf(field))
  if ('problem' in found) throw new Error(`${op} ${found.problem}`)
  return found
}

/** What a contact is: a column or a custom field. */
export const field = conditionKind<z.infer<typeof fieldSchema>>({
  type: 'field',
  title: 'Field',
  schema: fieldSchema,
  cost: settings => (customKey(settings.field) === null ? 1 : 4),
  describe: settings => `${fieldWords(settings.field)} ${operatorOf(settings).describe(settings.value)}`,
  // Every change sets the time of the last one.
  wakesOn: ({ field: about }) => [
    about === 'updated_at' ? { type: 'contact.updated' } : { type: 'contact.updated', about },
  ],
  compile: (settings, context) =>
    operatorOf(settings).compile(fieldOperand(settings.field, context), settings.value, context),
  actual(settings) {
    const key = customKey(settings.field)
    return key === null
      ? sql`to_jsonb(${sql.ref(`contact.${settings.field}`)})`
      : sql`contact.attrs -> ${key}::text`
  },
  turningPoint(settings, context) {
    return (
      operatorOf(settings).turningPoint?.(fieldOperand(settings.field, context), settings.value, context) ??
      null
    )
  },
})
