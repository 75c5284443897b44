import type { Logic } from '../src/capture/forms/logic.ts'

/** A form as `GET /v1/forms/:key` gives it. */
export type Field = {
  key: string
  type: string
  label: string
  help: string
  width: 'full' | 'half' | 'third'
  show: Logic | null
  placeholder?: string
  required?: boolean
  default?: string | number | boolean | string[] | null
  options?: { value: string; label: string }[]
  wording?: string
  html?: string
  rows?: number
  maxLength?: number
  min?: number | string | null
  max?: number | string | null
  autocomplete?: string
  parameter?: string | null
  maxFiles?: number
}
export type Step = { id: string; title: string; fields: Field[]; jumps: { when: Logic; to: string }[] }
export type Form = {
  key: string
  version: number
  language: string
  direction: 'rtl' | 'ltr'
  title: string
  intro: string
  submit: string
  savesPartly: boolean
  style: 'own' | 'inherit'
  accent: string
  steps: Step[]
  words: Record<string, string>
  token: string
  challenge: unknown
}
export type Taken = {
  message: string
  redirect: string | null
  download: { name: string; url: string } | null
}

/** An element with attributes and children; text is never read as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | boolean | null | undefined> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== false && value !== null && value !== undefined)
      element.setAttribute(key, value === true ? '' : value)
  element.append(...children)
  return element
}
