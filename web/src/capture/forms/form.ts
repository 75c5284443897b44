import { call, client } from '@/api/client'

/** A form as the screens know it; the server's definition.ts says what each part means. */
export type Logic =
  | { all: Logic[] }
  | { any: Logic[] }
  | { not: Logic }
  | { field: string; op: string; value?: string | number | boolean | (string | number)[] }
export type Mapping =
  | { to: 'contact' | 'company'; field: string; merge: 'overwrite' | 'fill_if_empty' | 'append' }
  | { to: 'event'; field: string }
  | null
export type Option = { value: string; label: string }

/** Every field; which of the later ones are there depends on its type. */
export type Field = {
  key: string
  type: string
  label: string
  help: string
  width: 'full' | 'half' | 'third'
  show: Logic | null
  placeholder?: string
  required?: boolean
  requireWhen?: Logic | null
  mapping?: Mapping
  always?: boolean
  error?: string
  default?: string | number | boolean | string[] | null
  options?: Option[]
  wording?: string
  purpose?: string
  topicId?: string | null
  doubleOptIn?: boolean
  minLength?: number
  maxLength?: number
  rows?: number
  autocomplete?: string
  min?: number | string | null
  max?: number | string | null
  isWhole?: boolean
  country?: string | null
  parameter?: string | null
  html?: string
  accepts?: string[]
  maxFiles?: number
  maxMb?: number
}
export type Step = { id: string; title: string; fields: Field[]; jumps: { when: Logic; to: string }[] }
export type FormDocument = {
  title: string
  intro: string
  submit: string
  savesPartly: boolean
  steps: Step[]
  languages: { main: string; others: Record<string, Record<string, string>> }
  progressive: { isOn: boolean; maxShown: number; prefills: boolean }
  after: {
    message: string
    redirect: string | null
    redirectHosts: string[]
    lists: string[]
    score: { modelId: string; points: number } | null
    notify: string[]
    assetId: string | null
  }
  embedding: {
    origins: string[]
    style: 'own' | 'inherit'
    accent: string
    takesForeign: boolean
    foreign: Record<string, string>
  }
  abuse: {
    minSeconds: number
    maxHours: number
    perIpPerHour: number
    perAddressPerHour: number
    perFormPerHour: number
    proofOfWork: 'off' | 'suspects' | 'always'
    disposable: 'accept' | 'quarantine' | 'refuse'
    businessOnly: boolean
  }
}

/** The schema of fields is a union that the types of the API name by its reference only. */
export async function readForm(id: string) {
  const form = await call(client.GET('/api/v1/forms/{id}', { params: { path: { id } } }))
  return { ...form, document: form.document as unknown as FormDocument }
}
export type Form = Awaited<ReturnType<typeof readForm>>

export const fieldsOf = (document: FormDocument): Field[] => document.steps.flatMap(step => step.fields)

const common = { label: '', help: '', width: 'full' as const, show: null }
const question = {
  ...common,
  placeholder: '',
  required: false,
  requireWhen: null,
  mapping: null,
  always: false,
  error: '',
}
const choices = [
  { value: 'first', label: 'First' },
  { value: 'second', label: 'Second' },
]
const toContact = (field: string): Mapping => ({ to: 'contact', field, merge: 'fill_if_empty' })

/** What a new field of each type begins with. */
const fresh: Record<string, Omit<Field, 'key' | 'type'>> = {
  text: { ...question, label: 'Text', default: '', minLength: 0, maxLength: 200, autocomplete: '' },
  long_text: { ...question, label: 'Message', default: '', rows: 4, minLength: 0, maxLength: 5_000 },
  email: { ...question, label: 'Email address', default: '', required: true, mapping: toContact('email') },
  phone: { ...question, label: 'Phone', default: '', country: null, mapping: toContact('phone') },
  number: { ...question, label: 'Number', default: null, min: null, max: null, isWhole: false },
  date: { ...question, label: 'Date', default: '', min: null, max: null },
  select: { ...question, label: 'Choose one', default: '', options: choices },
  radio: { ...question, label: 'Choose one', default: '', options: choices },
  multi_select: { ...question, label: 'Choose some', default: [], options: choices, min: 0, max: 10 },
  checkbox: { ...question, label: 'Yes, please', default: false },
  country: { ...question, label: 'Country', default: '', mapping: toContact('country') },
  url: { ...question, label: 'Website', default: '' },
  hidden: { ...common, label: 'Hidden', mapping: null, default: '', parameter: null },
  consent: {
    ...common,
    label: 'Consent',
    wording: 'I want to get news and offers by email. I can stop this at any time.',
    purpose: 'marketing',
    topicId: null,
    doubleOptIn: false,
    required: false,
    requireWhen: null,
    error: '',
  },
  file: {
    ...common,
    label: 'File',
    required: false,
    requireWhen: null,
    error: '',
    accepts: ['pdf', 'image'],
    maxFiles: 1,
    maxMb: 5,
  },
  html: { ...common, label: '', html: '<p>Some words for the reader.</p>' },
}

const freeKey = (taken: Set<string>, wanted: string): string => {
  for (let n = 1; ; n++) {
    const key = n === 1 ? wanted : `${wanted}_${n}`
    if (!taken.has(key)) return key
  }
}

/** A new field of this type with a key that is free in the form. */
export function makeField(document: FormDocument, type: string): Field {
  const taken = new Set(fieldsOf(document).map(field => field.key))
  return { ...(fresh[type] ?? question), key: freeKey(taken, type), type }
}

export function copyField(document: FormDocument, field: Field): Field {
  const taken = new Set(fieldsOf(document).map(each => each.key))
  return { ...structuredClone(field), key: freeKey(taken, field.key.slice(0, 36)) }
}

export function makeStep(document: FormDocument): Step {
  const taken = new Set(document.steps.map(step => step.id))
  return { id: freeKey(taken, 'step'), title: '', fields: [], jumps: [] }
}

/** The document with one field changed, or taken out (null). */
export function changeField(document: FormDocument, key: string, next: Field | null): FormDocument {
  const steps = document.steps.map(step => ({
    ...step,
    fields: step.fields.flatMap(field => (field.key === key ? (next ? [next] : []) : [field])),
  }))
  return { ...document, steps }
}

export function changeStep(document: FormDocument, next: Step): FormDocument {
  return { ...document, steps: document.steps.map(step => (step.id === next.id ? next : step)) }
}

/** The document without an empty step, and without the jumps that led to it. */
export function withoutStep(document: FormDocument, id: string): FormDocument {
  const steps = document.steps.filter(step => step.id !== id)
  return {
    ...document,
    steps: steps.map(step => ({ ...step, jumps: step.jumps.filter(jump => jump.to !== id) })),
  }
}

/** The document with a field moved before another, or to the end of a step. */
export function moveField(
  document: FormDocument,
  key: string,
  to: { before: string } | { stepId: string },
): FormDocument {
  const moving = fieldsOf(document).find(field => field.key === key)
  if (!moving || ('before' in to && to.before === key)) return document
  const from = fieldsOf(document).findIndex(field => field.key === key)
  const steps = changeField(document, key, null).steps.map(step => {
    if ('stepId' in to) return step.id === to.stepId ? { ...step, fields: [...step.fields, moving] } : step
    const at = step.fields.findIndex(field => field.key === to.before)
    if (at < 0) return step
    // Downwards it takes the place behind the one that it was dropped on.
    const target = fieldsOf(document).findIndex(field => field.key === to.before)
    return { ...step, fields: step.fields.toSpliced(target > from ? at + 1 : at, 0, moving) }
  })
  return { ...document, steps }
}
