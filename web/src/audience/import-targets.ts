import type { ColumnMap } from './import-data'

/** Where a column can go, in the words of the screen. */
export const builtIn: [string, string][] = [
  ['email', 'Email address'],
  ['first_name', 'First name'],
  ['last_name', 'Last name'],
  ['name', 'Full name (is split)'],
  ['phone', 'Phone'],
  ['job_title', 'Job title'],
  ['company', 'Company'],
  ['company_domain', 'Company’s domain'],
  ['country', 'Country'],
  ['language', 'Language'],
  ['time_zone', 'Time zone'],
  ['stage', 'Lifecycle stage'],
  ['lists', 'Names of lists'],
  ['opt_out', 'Has opted out (yes or a date)'],
]

export const types = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'date', label: 'Date' },
]

export const formats = {
  date: [
    { value: '', label: '2025-12-31' },
    { value: 'dmy', label: '31.12.2025 or 31/12/2025' },
    { value: 'mdy', label: '12/31/2025' },
  ],
  number: [
    { value: '', label: '1,234.50' },
    { value: 'comma', label: '1.234,50' },
  ],
}

/** The key that a new field gets from the name of its column. */
export function keyOf(name: string): string {
  const key = name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^A-Za-z0-9_ .-]/g, ' ')
    .trim()
    .replace(/\s+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .toLowerCase()
    .slice(0, 60)
  const reserved = [
    'email',
    'phone',
    'title',
    'country',
    'language',
    'locale',
    'timezone',
    'stage',
    'name',
    'address',
    'company',
    'id',
  ]
  return key === ''
    ? 'field'
    : reserved.includes(key) || builtIn.some(([to]) => to === key)
      ? `${key}_2`
      : key
}

/** What the choice of a column shows: a target, `new`, or nothing. */
export const choiceOf = (map: ColumnMap): string => (map.create ? 'new' : (map.to ?? ''))
