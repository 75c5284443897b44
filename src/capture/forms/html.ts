import { escapeHtml } from '../pages/html.ts'
import type { FormDocument, FormField } from './definition.ts'
import { kindOf } from './fields/all.ts'
import { honeypot } from './guard.ts'
import type { Raw } from './kind.ts'
import { directionOf, say } from './words.ts'

export type Drawn = {
  document: FormDocument
  language: string
  /** Where it is sent to. */
  action: string
  /** Nothing here yet: a page that is the same for everybody; it is asked for when it is sent. */
  token: string
  visitor: string
  step: string
  /** Steps that were passed, and whose answers are carried along. */
  passed: readonly string[]
  isLast: boolean
  values: ReadonlyMap<string, Raw>
  problems: readonly { field: string; message: string }[]
  skipped: ReadonlySet<string>
  /** Fields that conditions hide with the answers so far; those that depend on this very step stay visible. */
  hidden: ReadonlySet<string>
  page: { url: string; referrer: string }
}

const wordsOf = ({ document, language }: Pick<Drawn, 'document' | 'language'>) => {
  const own = document.languages.others[language]
  return (path: string, instead: string) => own?.[path] || instead
}

/** A hidden input. */
const carried = (name: string, value: string) =>
  `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`

function defaultOf(field: FormField, page: string): Raw {
  if (field.type === 'hidden' && field.parameter !== null && URL.canParse(page)) {
    const value = new URL(page).searchParams.get(field.parameter)
    if (value !== null) return [value.slice(0, 1_000)]
  }
  const given = 'default' in field ? field.default : null
  if (given === null || given === undefined) return []
  return Array.isArray(given) ? given : [String(given)]
}

function drawField(field: FormField, drawn: Drawn): string {
  const { language, problems, values, page } = drawn
  const kind = kindOf(field)
  const words = wordsOf(drawn)
  const word = (path: string, instead: string) => words(`fields.${field.key}.${path}`, instead)
  const id = `tf-${field.key}`
  const problem = problems.find(each => each.field === field.key)?.message
  const required = 'required' in field && field.required
  const notes = [...(field.help ? [`${id}-help`] : []), ...(problem ? [`${id}-error`] : [])].join(' ')
  const described = notes ? ` aria-describedby="${notes}"` : ''
  const control = kind.control(field, {
    id,
    name: field.key,
    values: values.get(field.key) ?? defaultOf(field, page.url),
    required,
    attributes: `${required ? ' aria-required="true"' : ''}${problem ? ' aria-invalid="true"' : ''}${described}`,
    placeholder: 'placeholder' in field ? word('placeholder', field.placeholder) : '',
    words: word,
    language,
  })
  if (field.type === 'hidden') return control
  if (field.type === 'html') return `<div class="tf-field">${control}</div>`
  const mark = required ? ` <span class="tf-mark">(${escapeHtml(say(language, 'required_mark'))})</span>` : ''
  const label = `${escapeHtml(word('label', field.label))}${mark}`
  const help = field.help
    ? `<p class="tf-help" id="${id}-help">${escapeHtml(word('help', field.help))}</p>`
    : ''
  const error = problem ? `<p class="tf-error" id="${id}-error">${escapeHtml(problem)}</p>` : ''
  const inner = kind.isBare
    ? `${control}${help}${error}`
    : kind.isGroup
      ? `<fieldset id="${id}" tabindex="-1"${described}><legend>${label}</legend>${help}${control}${error}</fieldset>`
      : `<label for="${id}">${label}</label>${help}${control}${error}`
  return `<div class="tf-field tf-${field.width}">${inner}</div>`
}

/** The form as it stands at one of its steps; everything works by sending it. */
export function drawForm(drawn: Drawn): string {
  const { document, language, problems, values } = drawn
  const words = wordsOf(drawn)
  const step = document.steps.find(each => each.id === drawn.step) ?? document.steps[0]
  if (!step) return ''
  const shown = step.fields.filter(field => !drawn.skipped.has(field.key) && !drawn.hidden.has(field.key))
  const kept = document.steps
    .filter(each => each.id !== step.id)
    .flatMap(each => each.fields)
    .flatMap(field => (values.get(field.key) ?? []).map(value => carried(field.key, value)))
  const isMultipart = document.steps.some(each => each.fields.some(field => field.type === 'file'))
  const summary =
    problems.length === 0
      ? ''
      : `<div class="tf-summary" role="alert" tabindex="-1"><p>${escapeHtml(say(language, 'summary'))}</p><ul>${problems.map(({ field, message }) => `<li><a href="#tf-${field}">${escapeHtml(message)}</a></li>`).join('')}</ul></div>`
  const title = words(`steps.${step.id}.title`, step.title)
  const back =
    drawn.passed.length > 0
      ? `<button class="tf-back" type="submit" name="_go" value="back" formnovalidate>${escapeHtml(say(language, 'back'))}</button>`
      : ''
  const go = drawn.isLast ? words('submit', document.submit) : say(language, 'next')
  return `<form class="tf" method="post" action="${escapeHtml(drawn.action)}" novalidate${isMultipart ? ' enctype="multipart/form-data"' : ''}>
${summary}${carried('_token', drawn.token)}${carried('_step', step.id)}${carried('_language', language)}${drawn.visitor ? carried('_visitor', drawn.visitor) : ''}${carried('_page', drawn.page.url)}${carried('_referrer', drawn.page.referrer)}${kept.join('')}
<div class="tf-trap" aria-hidden="true"><label for="tf-trap">${escapeHtml(say(language, 'leaveEmpty'))}</label><input id="tf-trap" type="text" name="${honeypot}" tabindex="-1" autocomplete="off"></div>
${title ? `<h2>${escapeHtml(title)}</h2>` : ''}<div class="tf-fields">${shown.map(field => drawField(field, drawn)).join('\n')}</div>
<p class="tf-do"><button type="submit" name="_go" value="next">${escapeHtml(go)}</button>${back}</p></form>`
}

export const formStyle = (
  accent: string,
) => `.tf,.tf *{box-sizing:border-box}.tf{font:inherit}.tf-fields{display:flex;flex-wrap:wrap;gap:1rem}.tf-field{flex:1 1 100%;min-width:0}.tf-half{flex-basis:calc(50% - 1rem)}.tf-third{flex-basis:calc(33% - 1rem)}
.tf label,.tf legend{display:block;font-weight:600;margin-bottom:.3rem;padding:0}.tf fieldset{border:0;margin:0;padding:0}.tf-mark,.tf-help{font-weight:400;font-size:.9rem;color:#55626f}.tf-help,.tf-error{margin:.1rem 0 .35rem}
.tf input:not([type=checkbox]):not([type=radio]):not([type=hidden]),.tf select,.tf textarea{width:100%;min-height:44px;font:inherit;color:inherit;background:#fff;padding:.55rem .7rem;border:1px solid #7b8794;border-radius:8px}
.tf .tf-pick{display:flex;gap:.6rem;align-items:flex-start;font-weight:400;padding:.6rem 0;margin:0;cursor:pointer}.tf-pick input{width:1.25rem;height:1.25rem;flex:none;margin:.1rem 0;accent-color:${accent}}
.tf-error{color:#a4161a;font-weight:600}.tf-error::before{content:"! "}.tf [aria-invalid=true]{border-color:#a4161a!important;border-width:2px!important}.tf-summary{border:2px solid #a4161a;border-radius:8px;padding:.6rem 1rem;margin-bottom:1rem}.tf-summary a{color:#a4161a}
.tf-trap{position:absolute!important;left:-9999px;width:1px;height:1px;overflow:hidden}.tf-do{display:flex;gap:.8rem;margin:1.4rem 0 0}.tf button{font:inherit;font-weight:600;min-height:44px;padding:.6rem 1.3rem;border:1px solid ${accent};border-radius:8px;background:${accent};color:#fff;cursor:pointer}.tf .tf-back{background:transparent;color:inherit;order:-1}
.tf :focus-visible{outline:3px solid ${accent};outline-offset:2px}@media(max-width:34rem){.tf-half,.tf-third{flex-basis:100%}}`

const pageStyle = `*{box-sizing:border-box}body{margin:0;font:17px/1.55 system-ui,sans-serif;color:#1d2733;background:#f3f5f3}main{background:#fff;border-radius:14px;padding:2rem 2.2rem;width:min(40rem,calc(100% - 2rem));margin:2rem auto;box-shadow:0 1px 3px #0002}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .6rem}h2{font-size:1.15rem}.framed{background:#fff}.framed main{margin:0;width:100%;border-radius:0;box-shadow:none;padding:1rem}`

/** A page around it. `body` is ours or was escaped. */
export function drawPage(given: {
  language: string
  title: string
  accent: string
  isFramed: boolean
  body: string
}): string {
  const { language, title, accent, isFramed, body } = given
  return `<!doctype html><html lang="${escapeHtml(language)}" dir="${directionOf(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${pageStyle}${formStyle(accent)}</style></head><body${isFramed ? ' class="framed"' : ''}><main><h1>${escapeHtml(title)}</h1>${body}</main>${isFramed ? '<script async data-inside src="/forms-frame.js"></script>' : ''}</body></html>`
}

/** Lines of plain text as paragraphs. */
export const paragraphs = (text: string): string =>
  text
    .split(/\n+/)
    .filter(line => line.trim() !== '')
    .map(line => `<p>${escapeHtml(line)}</p>`)
    .join('')
