import { normalizeAddress } from './address.ts'

/** The typed columns of a contact, as the filter language names them, and as JSON names them. */
export const coreFields = {
  email: 'email',
  first_name: 'firstName',
  last_name: 'lastName',
  phone: 'phone',
  job_title: 'jobTitle',
  country: 'country',
  language: 'language',
  time_zone: 'timeZone',
  stage: 'stage',
  owner_id: 'ownerId',
  company_id: 'companyId',
} as const
export type CoreField = keyof typeof coreFields

/** What is known of a contact by one source: typed fields, and custom ones under their own key. */
export type Traits = {
  core: Partial<Record<CoreField, string>>
  custom: Record<string, unknown>
  company: CompanyTrait | null
}
export type CompanyTrait = { name: string | null; domain: string | null; externalId: string | null }

/** The names under which SDKs send typed fields (Segment's reserved traits and their snake-case forms). */
const aliases: Record<string, CoreField> = {
  email: 'email',
  firstName: 'first_name',
  first_name: 'first_name',
  lastName: 'last_name',
  last_name: 'last_name',
  phone: 'phone',
  title: 'job_title',
  jobTitle: 'job_title',
  job_title: 'job_title',
  country: 'country',
  language: 'language',
  locale: 'language',
  timezone: 'time_zone',
  timeZone: 'time_zone',
  time_zone: 'time_zone',
  stage: 'stage',
  lifecycle_stage: 'stage',
  ownerId: 'owner_id',
  owner_id: 'owner_id',
  companyId: 'company_id',
  company_id: 'company_id',
}
/** Said in an identify call, but about consent, not about the person. */
const notTraits = new Set(['marketing_consent', 'consent_text', 'id', 'userId', 'anonymousId'])
const maxText = 10_000
/** As the API takes them. */
const longest = { first_name: 200, last_name: 200, phone: 60, job_title: 200, stage: 60, owner_id: 60 }
const maxCustom = 1_000

/** Text that PostgreSQL can hold, trimmed and bounded; null for what is empty. */
export function cleanText(value: unknown, max = maxText): string | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  const text = String(value).replaceAll('\u0000', '').toWellFormed().trim()
  return text === '' ? null : text.slice(0, max)
}

/** Sorts what a source says of a person into typed fields, custom fields and a company. Nonsense is left out. */
export function readTraits(given: Record<string, unknown>): Traits {
  const traits: Traits = { core: {}, custom: {}, company: null }
  let customs = 0
  for (const [key, value] of Object.entries(given)) {
    if (notTraits.has(key) || key === '__proto__') continue
    const field = Object.hasOwn(aliases, key) ? aliases[key] : undefined
    if (field) setCore(traits, field, value)
    else if (key === 'name') splitName(traits, value)
    else if (key === 'address') setCore(traits, 'country', recordOf(value)?.country)
    else if (key === 'company') traits.company = readCompany(value)
    else if (isFieldKey(key) && customs++ < maxCustom) traits.custom[key] = cleanValue(value)
  }
  return traits
}

/** Whether this names something of the contact that is no custom field. */
export const isReserved = (key: string) =>
  Object.hasOwn(aliases, key) || notTraits.has(key) || ['name', 'address', 'company'].includes(key)

export const isFieldKey = (key: string) => /^[A-Za-z][A-Za-z0-9_ .-]{0,63}$/.test(key)

function setCore(traits: Traits, field: CoreField, value: unknown): void {
  const text = cleanText(value, 500)
  if (text === null) return
  const normal = normalizeCore(field, text)
  if (normal !== null) traits.core[field] = normal
}

/** A typed field in its one spelling, or null where the value cannot be one: a zone that is none, a country of three letters. */
export function normalizeCore(field: CoreField, text: string): string | null {
  if (field === 'email') return normalizeAddress(text)
  if (field === 'country') return /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : text.slice(0, 60)
  if (field === 'language')
    return /^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/i.test(text) ? text.replaceAll('_', '-') : null
  if (field === 'time_zone') return isZone(text) ? text : null
  if (field === 'company_id') return /^\d{1,19}$/.test(text) ? text : null
  // A number with words for an extension; anything longer is no phone, and half of it would be a wrong one.
  if (field === 'phone') return text.length <= longest.phone && /\d/.test(text) ? text : null
  return text.slice(0, longest[field])
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name.length <= 64
  } catch {
    return false
  }
}

function splitName(traits: Traits, value: unknown): void {
  const parts = cleanText(value, 200)?.split(/\s+/) ?? []
  if (parts.length === 0) return
  traits.core.first_name ??= parts[0]
  if (parts.length > 1) traits.core.last_name ??= parts.slice(1).join(' ')
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

/** Segment's `company` trait: a name, or an object with id, name and domain or website. */
export function readCompany(value: unknown): CompanyTrait | null {
  const given = typeof value === 'string' ? { name: value } : recordOf(value)
  if (!given) return null
  const domain = cleanText(given.domain ?? given.website ?? given.url, 253)
  const company = {
    name: cleanText(given.name, 200),
    domain:
      domain
        ?.toLowerCase()
        .replace(/^https?:\/\//, '')
        .replace(/^www\./, '')
        .replace(/[/:?#].*$/, '') || null,
    externalId: cleanText(given.id ?? given.externalId, 200),
  }
  return company.name || company.domain || company.externalId ? company : null
}

/** Custom values are scalars; an object or list is kept as JSON text, so that nothing said is lost. Null clears. */
function cleanValue(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' ? cleanText(value) : cleanText(JSON.stringify(value))
}
