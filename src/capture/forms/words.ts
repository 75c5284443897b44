import { de } from './words/de.ts'
import { en, type Sentences } from './words/en.ts'
import { es } from './words/es.ts'
import { fr } from './words/fr.ts'
import { it } from './words/it.ts'
import { nl } from './words/nl.ts'
import { pl } from './words/pl.ts'
import { pt } from './words/pt.ts'

const spoken: Record<string, Sentences> = { en, de, fr, es, it, nl, pt, pl }

/** All that forms say by themselves, for the form script; English where we do not speak the language. */
export function sentencesIn(language: string): Sentences {
  const tag = language.toLowerCase().split('-')[0] ?? ''
  return Object.hasOwn(spoken, tag) ? (spoken[tag] ?? en) : en
}

/** The languages of our own sentences. */
export const spokenLanguages: readonly string[] = Object.keys(spoken)

/** Which way a language is written, as HTML calls it. */
export const directionOf = (language: string): 'rtl' | 'ltr' =>
  /^(ar|fa|he|ur)\b/.test(language) ? 'rtl' : 'ltr'

/** A sentence of ours in a language, English where we do not have it. */
export function say(language: string, name: string, about = ''): string {
  const own: Record<string, string> = sentencesIn(language)
  return (Object.hasOwn(own, name) ? (own[name] ?? name) : name).replace('{about}', about)
}
