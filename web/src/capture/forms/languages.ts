import type { Field, FormDocument } from './form'

/** One text of a form that can be translated, by the path that the server knows it by. */
export type Phrase = { path: string; where: string; words: string; isLong: boolean }

/** The languages that are offered; the server takes any tag. */
export const languageTags =
  'ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nb nl pl pt pt-BR ro ru sk sl sr sv th tr uk vi zh zh-TW'.split(
    ' ',
  )

const names = new Intl.DisplayNames('en', { type: 'language' })
export const languageName = (tag: string): string => names.of(tag) ?? tag

const texts = [
  ['label', 'label'],
  ['wording', 'consent'],
  ['html', 'words'],
  ['help', 'help'],
  ['placeholder', 'placeholder'],
  ['error', 'when the answer will not do'],
] as const

function fieldPhrases(field: Field): Phrase[] {
  // What nobody sees needs no translation.
  if (field.type === 'hidden') return []
  const name = field.label || field.key
  const own = texts.flatMap(([part, where]) => {
    // The name of a consent is for the marketer; people read its wording.
    const words = part === 'label' && field.type === 'consent' ? '' : field[part]
    const isLong = part === 'html' || part === 'wording'
    return words ? [{ path: `fields.${field.key}.${part}`, where: `${name}, ${where}`, words, isLong }] : []
  })
  const options = (field.options ?? []).map(option => ({
    path: `fields.${field.key}.options.${option.value}`,
    where: `${name}, choice`,
    words: option.label || option.value,
    isLong: false,
  }))
  return [...own, ...options]
}

/** Every text of the form that people read, in the order of the form. */
export function phrasesOf(document: FormDocument): Phrase[] {
  const line = (path: string, where: string, words: string, isLong = false): Phrase[] =>
    words ? [{ path, where, words, isLong }] : []
  return [
    ...line('title', 'Title', document.title),
    ...line('intro', 'Words above it', document.intro, true),
    ...document.steps.flatMap((step, at) => [
      ...line(`steps.${step.id}.title`, `Title of step ${at + 1}`, step.title),
      ...step.fields.flatMap(fieldPhrases),
    ]),
    ...line('submit', 'Button', document.submit),
    ...line('after.message', 'Thanks', document.after.message, true),
  ]
}
