import type { Answer } from '../src/capture/forms/logic.ts'
import { type Field, type Form, make } from './shape.ts'

/** One field on the page: what stands there, what it says, and how it is told that its answer will not do. */
export type Drawn = {
  field: Field
  box: HTMLElement
  read(): Answer
  files(): File[]
  complain(words: string | null): void
  focus(): void
}

const types: Record<string, string> = { email: 'email', phone: 'tel', date: 'date' }
const completes: Record<string, string> = { email: 'email', phone: 'tel', country: 'country', url: 'url' }
const modes: Record<string, string> = { number: 'decimal', url: 'url' }

/** Codes that browsers have a name for and that are no countries of today. */
const noCountries =
  /^(?:AC|AN|BU|CP|CQ|CS|DD|DG|DY|EA|EU|EZ|FX|HV|IC|NH|NT|QO|RH|SU|TA|TP|UK|UN|VD|XA|XB|YD|YU|ZR|ZZ)$/

function countries(language: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([language, 'en'], { type: 'region', fallback: 'none' })
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  return letters
    .flatMap(first => letters.map(second => first + second))
    .flatMap(value => {
      const label = noCountries.test(value) ? undefined : names.of(value)
      return label ? [{ value, label }] : []
    })
    .sort((a, b) => a.label.localeCompare(b.label, language))
}

let made = 0

export function drawField(form: Form, field: Field): Drawn {
  const id = `tend-f${++made}`
  const error = make('p', { id: `${id}-e`, class: 'error', hidden: true })
  const help = field.help ? make('p', { id: `${id}-h`, class: 'help' }, field.help) : null
  const shared = {
    'aria-describedby': `${help ? `${id}-h ` : ''}${id}-e`,
    'aria-required': field.required ? 'true' : null,
  }
  const box = make('div', { class: `field ${field.width}` })
  const mark = field.required ? make('span', { class: 'mark' }, ` (${form.words.required_mark})`) : ''
  const control = controlOf(form, field, { id, shared })
  if (control.isGroup)
    box.append(
      make(
        'fieldset',
        shared,
        make('legend', {}, field.label, mark),
        ...(help ? [help] : []),
        ...control.parts,
      ),
    )
  else if (control.isBare) box.append(...control.parts, ...(help ? [help] : []))
  else box.append(make('label', { for: id }, field.label, mark), ...(help ? [help] : []), ...control.parts)
  box.append(error)
  return {
    field,
    box,
    read: control.read,
    files: () => [...(control.inputs[0] instanceof HTMLInputElement ? (control.inputs[0].files ?? []) : [])],
    complain(words) {
      error.textContent = words
      error.hidden = words === null
      for (const input of control.inputs) {
        if (words === null) input.removeAttribute('aria-invalid')
        else input.setAttribute('aria-invalid', 'true')
      }
    },
    focus: () => control.inputs[0]?.focus(),
  }
}

type Control = {
  parts: Node[]
  inputs: HTMLElement[]
  read(): Answer
  isGroup?: boolean
  isBare?: boolean
}
type Given = { id: string; shared: Record<string, string | null> }

function controlOf(form: Form, field: Field, { id, shared }: Given): Control {
  const begin = field.default
  if (field.type === 'html') return { ...words(field), isBare: true }
  if (field.type === 'hidden') return { parts: [], inputs: [], read: () => hiddenValue(field), isBare: true }
  if (field.type === 'checkbox' || field.type === 'consent') {
    const text = field.type === 'consent' ? (field.wording ?? '') : field.label
    const input = make('input', { ...shared, id, type: 'checkbox' })
    input.checked = begin === true
    return {
      parts: [make('label', { class: 'pick' }, input, make('span', {}, text))],
      inputs: [input],
      read: () => input.checked,
      isBare: true,
    }
  }
  if (field.type === 'radio' || field.type === 'multi_select') return picks(field, id)
  if (field.type === 'select' || field.type === 'country') {
    const list = field.type === 'country' ? countries(form.language) : (field.options ?? [])
    const select = make(
      'select',
      { ...shared, id, autocomplete: completes[field.type] },
      make('option', { value: '' }, field.placeholder ?? ''),
    )
    for (const { value, label } of list) select.append(make('option', { value }, label || value))
    select.value = typeof begin === 'string' ? begin : ''
    return { parts: [select], inputs: [select], read: () => select.value }
  }
  if (field.type === 'file') {
    const input = make('input', { ...shared, id, type: 'file', multiple: (field.maxFiles ?? 1) > 1 })
    return {
      parts: [input],
      inputs: [input],
      read: () => (input.files?.length ? (input.files[0]?.name ?? '') : null),
    }
  }
  const plain = {
    ...shared,
    id,
    placeholder: field.placeholder,
    maxlength: field.maxLength ? String(field.maxLength) : null,
  }
  const input =
    field.type === 'long_text'
      ? make('textarea', { ...plain, rows: String(field.rows ?? 4) })
      : make('input', {
          ...plain,
          type: types[field.type] ?? 'text',
          autocomplete: field.autocomplete || completes[field.type],
          inputmode: modes[field.type],
          ...(field.type === 'date' ? { min: String(field.min ?? ''), max: String(field.max ?? '') } : {}),
        })
  input.value = begin === null || begin === undefined ? '' : String(begin)
  return { parts: [input], inputs: [input], read: () => input.value.trim() }
}

function picks(field: Field, id: string): Control {
  const isMany = field.type === 'multi_select'
  const begin = Array.isArray(field.default) ? field.default : [String(field.default ?? '')]
  const inputs = (field.options ?? []).map(({ value }) => {
    const input = make('input', { type: isMany ? 'checkbox' : 'radio', name: id, value })
    input.checked = begin.includes(value)
    return input
  })
  const chosen = () => inputs.filter(input => input.checked).map(input => input.value)
  return {
    parts: inputs.map((input, i) => {
      const option = field.options?.[i]
      return make('label', { class: 'pick' }, input, make('span', {}, option?.label || input.value))
    }),
    inputs,
    read: () => (isMany ? chosen() : (chosen()[0] ?? '')),
    isGroup: true,
  }
}

/** Words between fields: cleaned by the server when they were published. A page that forbids markup gets them plain. */
function words(field: Field): Control {
  const box = make('div', { class: 'words' })
  try {
    box.innerHTML = field.html ?? ''
  } catch {
    box.textContent = (field.html ?? '').replace(/<[^>]*>/g, ' ')
  }
  return { parts: [box], inputs: [], read: () => null }
}

function hiddenValue(field: Field): string {
  const given = field.parameter ? new URLSearchParams(location.search).get(field.parameter) : null
  return given ?? String(field.default ?? '')
}
