import { type CountryCode, getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { z } from 'zod'
import { normalizeAddress } from '#audience/address.ts'
import { fieldKind, input, only } from '../kind.ts'
import { line, questionShape } from '../shape.ts'

const emailSchema = z.object({ ...questionShape, type: z.literal('email'), default: line })

export const email = fieldKind<z.infer<typeof emailSchema>>({
  type: 'email',
  title: 'Email address',
  schema: emailSchema,
  family: 'text',
  read(raw) {
    const value = normalizeAddress(only(raw))
    return value === null ? { problem: 'noEmail' } : { value }
  },
  control: (_field, control) =>
    input('email', control, ' autocomplete="email" maxlength="254" spellcheck="false"'),
})

const phoneSchema = z.object({
  ...questionShape,
  type: z.literal('phone'),
  default: line,
  /** Where a number without + is taken to be; null: a + is asked for. */
  country: z
    .string()
    .refine(code => (getCountries() as string[]).includes(code), 'is no country with telephones')
    .nullable(),
})

/** A telephone number; kept as E.164. */
export const phone = fieldKind<z.infer<typeof phoneSchema>>({
  type: 'phone',
  title: 'Telephone number',
  schema: phoneSchema,
  family: 'text',
  read(raw, { country }) {
    const given = only(raw).slice(0, 60)
    const found = parsePhoneNumberFromString(given, country ? { defaultCountry: country as CountryCode } : {})
    return found?.isValid() ? { value: found.number } : { problem: country ? 'noPhone' : 'noPhoneAbroad' }
  },
  control: (_field, control) => input('tel', control, ' autocomplete="tel" maxlength="60"'),
})
