import { normalizeAddress } from '../address.ts'
import { type Field, type FieldType, fitValue } from '../fields.ts'
import { isFieldKey, isReserved } from '../traits.ts'
import type { BuiltIn, ColumnMap } from './shape.ts'
import { plain } from './values.ts'

export type Column = { name: string; samples: string[] }

/** Headers as other products and people write them, without case, accents and punctuation. */
const names: Record<BuiltIn, string[]> = {
  email: ['email', 'emailaddress', 'mail', 'mailaddress', 'emailadresse', 'correo', 'courriel', 'emailid'],
  first_name: ['firstname', 'first', 'givenname', 'forename', 'vorname', 'prenom', 'nombre', 'fname'],
  last_name: ['lastname', 'last', 'surname', 'familyname', 'nachname', 'nom', 'apellido', 'lname'],
  name: ['name', 'fullname', 'contactname', 'displayname'],
  phone: [
    'phone',
    'phonenumber',
    'telephone',
    'tel',
    'telefon',
    'mobile',
    'mobilephone',
    'handy',
    'telefono',
  ],
  job_title: ['jobtitle', 'title', 'position', 'role', 'funktion', 'jobrole', 'beruf'],
  country: ['country', 'countryregion', 'land', 'pays', 'pais', 'countrycode'],
  language: ['language', 'locale', 'sprache', 'langue', 'preferredlanguage'],
  time_zone: ['timezone', 'zeitzone'],
  stage: ['stage', 'lifecyclestage', 'lifecycle'],
  company: [
    'company',
    'companyname',
    'organisation',
    'organization',
    'firma',
    'unternehmen',
    'entreprise',
    'account',
  ],
  company_domain: ['companydomain', 'domain', 'website', 'companywebsite', 'url'],
  lists: ['list', 'lists', 'listname'],
  opt_out: [
    'optout',
    'optedout',
    'unsubscribed',
    'emailoptout',
    'hasoptedoutofemail',
    'abgemeldet',
    'unsubscribedate',
  ],
}
/** What our own exports tell besides fields. */
const told = new Set(['id', 'consent', 'createdat', 'updatedat'])
const byName = new Map(Object.entries(names).flatMap(([to, all]) => all.map(name => [name, to as BuiltIn])))

const bare = (name: string) =>
  name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

/**
 * Where each column most likely goes: by its name, as built-in field or as custom one; the address by what it looks
 * like, if no name tells; whatever else holds values becomes a new field of the type that its values suggest, so that
 * nothing is lost unless a person says so.
 */
export function guessMapping(columns: Column[], fields: Field[]): ColumnMap[] {
  const taken = new Set<string>()
  const active = fields.filter(field => field.archivedAt === null)
  const mapping = columns.map((column): ColumnMap => {
    const to = byName.get(bare(column.name)) ?? fieldFor(column.name, active)
    if (!to || taken.has(to)) return { to: null }
    taken.add(to)
    return withFormat(to, column, active)
  })
  if (!taken.has('email')) {
    const index = columns.findIndex(
      column => share(column.samples, text => normalizeAddress(text) !== null) > 0.6,
    )
    if (index >= 0) mapping[index] = { to: 'email' }
  }
  // A column “Name” beside a first name is the last name.
  if (taken.has('first_name') && !taken.has('last_name'))
    for (const map of mapping) if (map.to === 'name') map.to = 'last_name'
  return mapping.map((map, i) => (map.to === null ? newField(columns[i], taken) : map))
}

function fieldFor(name: string, fields: Field[]): string | undefined {
  const found = fields.find(field => bare(field.key) === bare(name) || bare(field.label) === bare(name))
  return found && `attrs.${found.key}`
}

function withFormat(to: string, { samples }: Column, fields: Field[]): ColumnMap {
  const type = fields.find(field => `attrs.${field.key}` === to)?.type
  const format = type && formatOf(samples, type)
  return { to, ...(format ? { format } : {}) }
}

function newField(column: Column | undefined, taken: Set<string>): ColumnMap {
  if (!column || column.samples.length === 0 || told.has(bare(column.name))) return { to: null }
  const key = column.name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^A-Za-z0-9_ .-]/g, ' ')
    .trim()
    .replace(/\s+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .toLowerCase()
    .slice(0, 64)
  if (!isFieldKey(key) || isReserved(key) || taken.has(`attrs.${key}`)) return { to: null }
  taken.add(`attrs.${key}`)
  const type = typeOf(column.samples)
  const format = formatOf(column.samples, type)
  return {
    to: `attrs.${key}`,
    create: { label: column.name.trim().slice(0, 200), type },
    ...(format ? { format } : {}),
  }
}

const share = (samples: string[], test: (text: string) => boolean) =>
  samples.length === 0 ? 0 : samples.filter(test).length / samples.length

const fits = (samples: string[], type: FieldType, format: ColumnMap['format']) =>
  share(samples, text => fitValue({ type, choices: [] }, plain(text, type, format)) !== null) === 1

/** Numbers that begin with a zero are codes, and so are long ones. */
const isCode = (text: string) => /^[+']?0\d/.test(text) || text.replace(/\D/g, '').length > 15

function typeOf(samples: string[]): Exclude<FieldType, 'choice'> {
  if (samples.every(text => /^(true|false|yes|no)$/i.test(text))) return 'boolean'
  for (const format of [undefined, 'dmy', 'mdy'] as const) if (fits(samples, 'date', format)) return 'date'
  if (samples.some(isCode)) return 'text'
  return fits(samples, 'number', undefined) || fits(samples, 'number', 'comma') ? 'number' : 'text'
}

function formatOf(samples: string[], type: FieldType): ColumnMap['format'] {
  if (type === 'date')
    return fits(samples, 'date', undefined)
      ? undefined
      : (['dmy', 'mdy'] as const).find(format => fits(samples, 'date', format))
  if (type !== 'number') return undefined
  const hasComma = samples.some(text => /,\d{1,2}$/.test(text))
  return hasComma && fits(samples, 'number', 'comma') ? 'comma' : undefined
}
