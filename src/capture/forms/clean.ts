import { cleanRich } from '../pages/clean.ts'
import type { FormDocument, FormField } from './definition.ts'

const cleanField = (field: FormField): FormField =>
  field.type === 'html' ? { ...field, html: cleanRich(field.html) } : field

const isHtml = (path: string) => path.endsWith('.html')

/** A document whose HTML holds nothing but words and links, in every language. */
export function cleanForm(document: FormDocument): FormDocument {
  const steps = document.steps.map(step => ({ ...step, fields: step.fields.map(cleanField) }))
  const others = Object.fromEntries(
    Object.entries(document.languages.others).map(([tag, words]) => [
      tag,
      Object.fromEntries(
        Object.entries(words).map(([path, text]) => [path, isHtml(path) ? cleanRich(text) : text]),
      ),
    ]),
  )
  return { ...document, steps, languages: { ...document.languages, others } }
}
