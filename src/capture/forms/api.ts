import type { FormDocument, FormField } from './definition.ts'
import { fieldsOf } from './definition.ts'
import { kindOf } from './fields/all.ts'
import type { Raw } from './kind.ts'
import type { Live } from './live.ts'
import type { Answer } from './logic.ts'
import { directionOf, sentencesIn } from './words.ts'

/** A field as a browser needs it: where its answer goes, and whom it tells, is nobody's business. */
function publicField(
  field: FormField,
  words: (path: string, instead: string) => string,
): Record<string, unknown> {
  const {
    mapping: _mapping,
    topicId: _topic,
    purpose: _purpose,
    doubleOptIn: _letter,
    always: _always,
    ...rest
  } = field as FormField & Record<string, unknown>
  const word = (path: string, instead: string) => words(`fields.${field.key}.${path}`, instead)
  const texts = Object.fromEntries(
    ['label', 'help', 'placeholder', 'error', 'wording', 'html'].flatMap(name => {
      const text = (rest as Record<string, unknown>)[name]
      return typeof text === 'string' ? [[name, word(name, text)]] : []
    }),
  )
  const options =
    'options' in field
      ? {
          options: field.options.map(each => ({ ...each, label: word(`options.${each.value}`, each.label) })),
        }
      : {}
  return { ...rest, ...texts, ...options }
}

/** What is known of somebody, in the place of what the field begins with. */
function knownAnswer(field: FormField, known: ReadonlyMap<string, Raw>): { default?: Answer } {
  const raw = known.get(field.key)
  const read = raw && kindOf(field).read(raw, field)
  return read && 'value' in read ? { default: read.value } : {}
}

/** The live version reduced to what a browser needs, in one language, without what this visitor is not asked. */
export function publicForm(
  live: Live,
  language: string,
  { skipped, known }: { skipped: ReadonlySet<string>; known: ReadonlyMap<string, Raw> },
): Record<string, unknown> {
  const { document } = live
  const own = document.languages.others[language]
  const words = (path: string, instead: string) => own?.[path] || instead
  return {
    key: live.key,
    version: live.version,
    language,
    direction: directionOf(language),
    title: words('title', document.title),
    intro: words('intro', document.intro),
    submit: words('submit', document.submit),
    savesPartly: document.savesPartly,
    style: document.embedding.style,
    accent: document.embedding.accent,
    steps: document.steps.map(step => ({
      id: step.id,
      title: words(`steps.${step.id}.title`, step.title),
      jumps: step.jumps,
      fields: step.fields
        .filter(field => !skipped.has(field.key))
        .map(field => ({ ...publicField(field, words), ...knownAnswer(field, known) })),
    })),
    words: sentencesIn(language),
  }
}

/** The answers of a foreign form under our names. */
export function foreignNames(
  document: FormDocument,
  given: ReadonlyMap<string, string[]>,
): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const { key } of fieldsOf(document)) {
    const named = document.embedding.foreign[key]
    const found = (named === undefined ? undefined : given.get(named)) ?? given.get(key)
    if (found) values.set(key, found)
  }
  return values
}
