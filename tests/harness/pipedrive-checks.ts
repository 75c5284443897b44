import type { Refusal } from '../../src/crm/connectors/conformance.fixture.ts'
import type { Reply } from './peer.ts'
import { fieldsOf } from './pipedrive-fields.ts'

/** What Pipedrive says no to, and with which words. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, message: string, code = 'ERR_SCHEMA_VALIDATION_FAILED') {
    super(message)
    this.status = status
    this.code = code
  }
}

export const failure = (status: number, error: string, code: string): Reply => ({
  status,
  body: {
    success: false,
    error,
    error_info: 'Please check developers.pipedrive.com for more information.',
    code,
    data: null,
  },
})

/** Unknown names and values of another type are refused; nothing is guessed from a text. */
export function check(rule: Refusal | null, type: string, body: Record<string, unknown>): void {
  const { custom_fields: custom = {}, ...open } = body
  const readOnly = ['first_name', 'last_name', 'add_time', 'update_time']
  for (const [isCustom, values] of [
    [false, open],
    [true, custom as Record<string, unknown>],
  ] as const)
    for (const [name, value] of Object.entries(values)) {
      const about = fieldsOf[type]?.find(
        each => each.field_code === name && each.is_custom_field === isCustom,
      )
      if (!about || readOnly.includes(name))
        throw new Refused(400, `Validation failed: ${isCustom ? 'custom_fields.' : ''}${name}: not allowed`)
      if (value !== null && !fits(about, value))
        throw new Refused(400, `Validation failed: ${isCustom ? 'custom_fields.' : ''}${name}: wrong type`)
    }
  refuse(rule, { ...open, ...(custom as object) })
}

function refuse(rule: Refusal | null, values: Record<string, unknown>): void {
  if (!rule || !(rule.field in values) || !rule.when(values[rule.field])) return
  if (rule.kind === 'denied')
    throw new Refused(403, 'You do not have permission to do this.', 'ERR_FORBIDDEN')
  throw new Refused(400, `Validation failed: custom_fields.${rule.field}: this value is invalid`)
}

function fits(
  { field_type, field_code, options }: (typeof fieldsOf)[string][number],
  value: unknown,
): boolean {
  const isOption = (each: unknown) => !options || options.some(option => option.id === each)
  if (field_code === 'emails' || field_code === 'phones' || field_code === 'participants')
    return Array.isArray(value)
  if (field_type === 'set') return Array.isArray(value) && value.every(isOption)
  if (field_code === 'marketing_status') return typeof value === 'string'
  if (field_type === 'enum') return typeof value === 'number' && isOption(value)
  if (field_type === 'monetary') {
    const { value: amount, currency } = value as Record<string, unknown>
    return typeof amount === 'number' && typeof currency === 'string'
  }
  if (field_type === 'address') return typeof (value as Record<string, unknown>).value === 'string'
  if (['double', 'user', 'org', 'people', 'stage'].includes(field_type)) return typeof value === 'number'
  return field_type === 'boolean' ? typeof value === 'boolean' : typeof value === 'string'
}
