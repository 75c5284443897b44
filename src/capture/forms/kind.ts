import type { z } from 'zod'
import { escapeHtml } from '../pages/html.ts'
import type { Answer } from './logic.ts'
import type { Mapping } from './shape.ts'

/** What came for a field, from a form post or as JSON: texts, in the order they came. */
export type Raw = readonly string[]

/** What an answer means, or why it will not do: a sentence by its name in words.ts, and what it speaks of. */
export type Read = { value: Answer } | { problem: string; about?: string }

/** Everything a plug needs to draw its control on the page that works without a script. */
export type Control = {
  id: string
  name: string
  /** What was entered before, or the default. */
  values: readonly string[]
  required: boolean
  /** aria attributes and the like, ready to stand in a tag. */
  attributes: string
  placeholder: string
  /** Words of the field in the language shown: `options.small`, `wording`. */
  words(path: string, instead: string): string
  language: string
}

/** What every field has in common, as the pipeline sees it. */
export type CommonField = {
  key: string
  type: string
  label: string
  required?: boolean | undefined
  mapping?: Mapping | undefined
}

/** A type of field. One entry in `fields/`, one line in `fields/all.ts`. */
export type FieldKind<F extends CommonField> = {
  type: F['type']
  title: string
  schema: z.ZodType<F>
  /** What an answer looks like in the filter language; null for what asks nothing. */
  family: 'text' | 'number' | 'date' | 'boolean' | 'choice' | null
  /** Reads what came; only called where something came. */
  read(raw: Raw, field: F): Read
  /** The control alone; label, help and error are drawn around it, or inside a group. */
  control(field: F, control: Control): string
  /** Several controls that need a fieldset. */
  isGroup?: boolean
  /** Draws its own label. */
  isBare?: boolean
  /** What is wrong with it that its schema cannot say, by path inside the field. */
  check?(field: F): { path: string; message: string }[]
  /** Every text of it that may be translated, by path inside the field. */
  texts?(field: F): Record<string, string>
}

/** A kind with the type of its field closed over, so that all fit one list. */
export type Kind = FieldKind<CommonField>

/** Declares a type of field. */
export function fieldKind<F extends CommonField>(kind: FieldKind<F>): FieldKind<F> {
  return kind
}

/** The one text that counts where one is asked for; what PostgreSQL cannot hold is taken out. */
export const only = (raw: Raw): string => (raw[0] ?? '').replaceAll('\u0000', '').toWellFormed().trim()

/** A tag that takes a value. */
export function input(type: string, control: Control, more = ''): string {
  const hint = control.placeholder ? ` placeholder="${escapeHtml(control.placeholder)}"` : ''
  return `<input type="${type}" id="${control.id}" name="${control.name}" value="${escapeHtml(control.values[0] ?? '')}"${hint}${control.attributes}${more}>`
}
