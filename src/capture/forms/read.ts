import { disposableDomains } from '#audience/disposable.ts'
import type { Secrets } from '#platform/secrets.ts'
import { type FormDocument, type FormField, fieldsOf } from './definition.ts'
import { kindOf } from './fields/all.ts'
import type { Raw } from './kind.ts'
import { type Answer, holds, walk } from './logic.ts'
import { readHandle } from './token.ts'
import { say } from './words.ts'

export type Given = ReadonlyMap<string, Raw>
export type Outcome = {
  /** By field; only what is shown to somebody with these answers. */
  answers: Record<string, Answer>
  problems: { field: string; step: string; message: string }[]
  /** The steps on the way, in order. */
  way: string[]
  shown: Set<string>
}

const throwAway = new Set(disposableDomains)
const freeMail = new Set(
  'gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com yahoo.de icloud.com me.com aol.com gmx.de gmx.net gmx.com web.de t-online.de proton.me protonmail.com mail.com mail.ru qq.com 163.com'.split(
    ' ',
  ),
)
const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)

/** Whether somebody gives addresses of this domain away for minutes. */
export const isDisposable = (address: string): boolean => throwAway.has(domainOf(address))

/** The texts of one field, in the shape that a form post and JSON have in common. */
export function rawOf(value: unknown): Raw {
  const list = Array.isArray(value) ? value.slice(0, 300) : [value]
  return list.flatMap(each =>
    typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean' ? [String(each)] : [],
  )
}

/** Files are named by handles of ours; everything else is no file. */
function readFiles(raw: Raw, field: FormField & { type: 'file' }, form: { id: string; secrets: Secrets }) {
  const ids = raw.filter(each => each !== '').map(each => readHandle(form.secrets, form.id, each))
  if (ids.some(id => id === null)) return { problem: 'noFile' }
  if (ids.length > field.maxFiles) return { problem: 'fileCount', about: String(field.maxFiles) }
  return { value: ids.filter(id => id !== null) }
}

function addressProblem(value: Answer, abuse: FormDocument['abuse']): string | null {
  const address = String(value)
  if (abuse.disposable === 'refuse' && isDisposable(address)) return 'noDisposable'
  return abuse.businessOnly && (freeMail.has(domainOf(address)) || isDisposable(address))
    ? 'noBusiness'
    : null
}

type Form = { id: string; document: FormDocument; secrets: Secrets; language: string }

function readOne(
  field: FormField,
  raw: Raw,
  form: Form,
): { value: Answer } | { problem: string; about?: string } {
  const isBox = field.type === 'checkbox' || field.type === 'consent'
  if (!isBox && raw.every(each => each.trim() === ''))
    return { value: field.type === 'hidden' ? field.default || null : null }
  const read = field.type === 'file' ? readFiles(raw, field, form) : kindOf(field).read(raw, field)
  if ('problem' in read || field.type !== 'email') return read
  const problem = addressProblem(read.value, form.document.abuse)
  return problem ? { problem } : read
}

/**
 * Judges what came by the form as it is, whatever the browser thought: values of fields that are not shown to somebody
 * with these answers are dropped, conditions of duty are asked again. `skipped`: fields that were not shown because the
 * answer is known.
 */
export function readGiven(form: Form, given: Given, skipped: ReadonlySet<string> = new Set()): Outcome {
  const { document, language } = form
  const read = new Map(
    fieldsOf(document)
      .filter(field => field.type !== 'html')
      .map(field => [field.key, readOne(field, given.get(field.key) ?? [], form)] as const),
  )
  const all = Object.fromEntries([...read].map(([key, each]) => [key, 'value' in each ? each.value : null]))
  const { steps: way, shown } = walk(document.steps, all)
  const counted = Object.fromEntries(Object.entries(all).filter(([key]) => shown.has(key)))
  const answers: Record<string, Answer> = {}
  const problems: Outcome['problems'] = []
  for (const step of document.steps.filter(each => way.includes(each.id)))
    for (const field of step.fields) {
      const result = read.get(field.key)
      if (!result || !shown.has(field.key) || skipped.has(field.key)) continue
      const wrong = problemOf(field, result, counted)
      if (wrong) {
        const own = 'error' in field && wrong.problem !== 'required' ? field.error : ''
        problems.push({
          field: field.key,
          step: step.id,
          message: own || say(language, wrong.problem, wrong.about),
        })
      } else if ('value' in result && result.value !== null) answers[field.key] = result.value
    }
  return { answers, problems, way, shown }
}

function problemOf(
  field: FormField,
  result: { value: Answer } | { problem: string; about?: string },
  counted: Record<string, Answer>,
): { problem: string; about?: string } | null {
  if ('problem' in result) return result
  const asked = 'required' in field && field.required
  const duty =
    asked || ('requireWhen' in field && field.requireWhen !== null && holds(field.requireWhen, counted))
  const { value } = result
  const isEmpty = value === null || value === false || (Array.isArray(value) && value.length === 0)
  return duty && isEmpty ? { problem: field.type === 'consent' ? 'agree' : 'required' } : null
}
