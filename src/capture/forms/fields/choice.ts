import { getCountries } from 'libphonenumber-js/max'
import { z } from 'zod'
import { escapeHtml } from '../../pages/html.ts'
import { type Control, fieldKind, only, type Raw } from '../kind.ts'
import { line, optionSchema, questionShape } from '../shape.ts'

type Option = z.infer<typeof optionSchema>
const options = z.array(optionSchema).min(1).max(300)
const one = { ...questionShape, options, default: line }

const known = (field: { options: Option[] }, value: string) =>
  field.options.some(option => option.value === value)

function readOne(raw: Raw, field: { options: Option[] }) {
  const value = only(raw)
  return known(field, value) ? { value } : { problem: 'noChoice' }
}

const repeated = ({ options: list }: { options: Option[] }) =>
  new Set(list.map(option => option.value)).size < list.length
    ? [{ path: 'options', message: 'hold the same value twice' }]
    : []

const textsOf = ({ options: list }: { options: Option[] }) =>
  Object.fromEntries(list.map(option => [`options.${option.value}`, option.label]))

const drawn = (list: Option[], { values, words }: Control) =>
  list
    .map(
      ({ value, label }) =>
        `<option value="${escapeHtml(value)}"${values.includes(value) ? ' selected' : ''}>${escapeHtml(words(`options.${value}`, label))}</option>`,
    )
    .join('')

const selectTag = (control: Control, inner: string) =>
  `<select id="${control.id}" name="${control.name}"${control.attributes}><option value="">${escapeHtml(control.placeholder)}</option>${inner}</select>`

const selectSchema = z.object({ ...one, type: z.literal('select') })
export const select = fieldKind<z.infer<typeof selectSchema>>({
  type: 'select',
  title: 'Choice from a list',
  schema: selectSchema,
  family: 'choice',
  check: repeated,
  texts: textsOf,
  read: readOne,
  control: (field, control) => selectTag(control, drawn(field.options, control)),
})

function buttons(kind: 'radio' | 'checkbox', list: Option[], { id, name, values, words }: Control): string {
  return list
    .map(
      ({ value, label }, place) =>
        `<label class="tf-pick"><input type="${kind}" id="${id}-${place}" name="${name}" value="${escapeHtml(value)}"${values.includes(value) ? ' checked' : ''}><span>${escapeHtml(words(`options.${value}`, label))}</span></label>`,
    )
    .join('')
}

const radioSchema = z.object({ ...one, type: z.literal('radio') })
export const radio = fieldKind<z.infer<typeof radioSchema>>({
  type: 'radio',
  title: 'One of several',
  schema: radioSchema,
  family: 'choice',
  isGroup: true,
  check: repeated,
  texts: textsOf,
  read: readOne,
  control: (field, control) => buttons('radio', field.options, control),
})

const multiSchema = z.object({
  ...questionShape,
  type: z.literal('multi_select'),
  options,
  default: z.array(z.string().max(100)).max(300),
  min: z.int().min(0).max(300),
  max: z.int().min(1).max(300),
})
export const multiSelect = fieldKind<z.infer<typeof multiSchema>>({
  type: 'multi_select',
  title: 'Several of several',
  schema: multiSchema,
  family: 'choice',
  isGroup: true,
  check: repeated,
  texts: textsOf,
  read(raw, field) {
    const value = [...new Set(raw.map(each => only([each])))]
    if (!value.every(each => known(field, each))) return { problem: 'noChoice' }
    if (value.length < field.min) return { problem: 'tooFew', about: String(field.min) }
    if (value.length > field.max) return { problem: 'tooMany', about: String(field.max) }
    return { value }
  },
  control: (field, control) => buttons('checkbox', field.options, control),
})

/** ISO 3166-1, as far as people have telephones there. */
const codes: string[] = getCountries()
  .filter(code => !['AC', 'TA', 'XK'].includes(code))
  .concat('XK')
const lists = new Map<string, Option[]>()

function countryOptions(language: string): Option[] {
  const found = lists.get(language)
  if (found) return found
  const names = new Intl.DisplayNames([language, 'en'], { type: 'region' })
  const list = codes
    .map(value => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label, language))
  if (lists.size < 100) lists.set(language, list)
  return list
}

const countrySchema = z.object({ ...questionShape, type: z.literal('country'), default: line })
/** A country, as two letters. */
export const country = fieldKind<z.infer<typeof countrySchema>>({
  type: 'country',
  title: 'Country',
  schema: countrySchema,
  family: 'choice',
  read(raw) {
    const value = only(raw).toUpperCase()
    return codes.includes(value) ? { value } : { problem: 'noChoice' }
  },
  control: (_field, control) =>
    selectTag(
      { ...control, attributes: `${control.attributes} autocomplete="country"` },
      drawn(countryOptions(control.language), { ...control, words: (_path, instead) => instead }),
    ),
})
