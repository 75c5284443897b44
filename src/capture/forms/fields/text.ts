import { z } from 'zod'
import { escapeHtml } from '../../pages/html.ts'
import { fieldKind, input, only } from '../kind.ts'
import { commonShape, line, mappingSchema, questionShape } from '../shape.ts'

const textSchema = z.object({
  ...questionShape,
  type: z.literal('text'),
  default: line,
  minLength: z.int().min(0).max(1_000),
  maxLength: z.int().min(1).max(1_000),
  /** What browsers may fill in: `given-name`, `organization`; empty for nothing. */
  autocomplete: z.string().regex(/^[a-z0-9 -]{0,60}$/),
})

const lengthProblem = (text: string, { minLength, maxLength }: { minLength: number; maxLength: number }) =>
  text.length < minLength
    ? { problem: 'tooShort', about: String(minLength) }
    : text.length > maxLength
      ? { problem: 'tooLong', about: String(maxLength) }
      : null

export const text = fieldKind<z.infer<typeof textSchema>>({
  type: 'text',
  title: 'Text',
  schema: textSchema,
  family: 'text',
  read(raw, field) {
    const value = only(raw).replace(/[\r\n\t]+/g, ' ')
    return lengthProblem(value, field) ?? { value }
  },
  control: (field, control) =>
    input(
      'text',
      control,
      ` maxlength="${field.maxLength}"${field.autocomplete ? ` autocomplete="${field.autocomplete}"` : ''}`,
    ),
})

const longTextSchema = z.object({
  ...questionShape,
  type: z.literal('long_text'),
  default: z.string().max(5_000),
  rows: z.int().min(2).max(20),
  minLength: z.int().min(0).max(10_000),
  maxLength: z.int().min(1).max(10_000),
})

export const longText = fieldKind<z.infer<typeof longTextSchema>>({
  type: 'long_text',
  title: 'Long text',
  schema: longTextSchema,
  family: 'text',
  read(raw, field) {
    const value = only(raw).replaceAll('\r\n', '\n')
    return lengthProblem(value, field) ?? { value }
  },
  control: (field, { id, name, values, placeholder, attributes }) =>
    `<textarea id="${id}" name="${name}" rows="${field.rows}" maxlength="${field.maxLength}" placeholder="${escapeHtml(placeholder)}"${attributes}>\n${escapeHtml(values[0] ?? '')}</textarea>`,
})

const urlSchema = z.object({ ...questionShape, type: z.literal('url'), default: line })

/** An address on the web in its one spelling; a host without a scheme is meant with https. */
function readUrl(given: string): string | null {
  const address = /^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `https://${given}`
  if (address.length > 2_000 || !URL.canParse(address)) return null
  const url = new URL(address)
  return /^https?:$/.test(url.protocol) && url.hostname.includes('.') && !url.username && !url.password
    ? url.href
    : null
}

export const url = fieldKind<z.infer<typeof urlSchema>>({
  type: 'url',
  title: 'Web address',
  schema: urlSchema,
  family: 'text',
  read(raw) {
    const value = readUrl(only(raw))
    return value === null ? { problem: 'noUrl' } : { value }
  },
  control: (_field, control) =>
    input('text', control, ' inputmode="url" autocomplete="url" maxlength="2000"'),
})

const hiddenSchema = z.object({
  ...commonShape,
  type: z.literal('hidden'),
  mapping: mappingSchema,
  default: line,
  /** The parameter of the page's address that fills it; null: only the default. */
  parameter: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/)
    .nullable(),
})

/** Something the page knows. It comes from the browser all the same: nothing is decided on its word alone. */
export const hidden = fieldKind<z.infer<typeof hiddenSchema>>({
  type: 'hidden',
  title: 'Hidden',
  schema: hiddenSchema,
  family: 'text',
  isBare: true,
  read: (raw, field) => ({ value: (field.parameter === null ? field.default : only(raw)).slice(0, 1_000) }),
  control: (_field, { name, values }) =>
    `<input type="hidden" name="${name}" value="${escapeHtml(values[0] ?? '')}">`,
})
