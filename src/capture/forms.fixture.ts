import type { FormDocument, FormField } from './forms/definition.ts'
import { emptyForm } from './forms/definition.ts'
import { reviewOn, type Town } from './pages.fixture.ts'

const base = {
  help: '',
  placeholder: '',
  width: 'full' as const,
  show: null,
  requireWhen: null,
  always: false,
  error: '',
  required: false,
  default: '',
}

/** A text field that fills a field of the contact, or nothing. */
export function textField(key: string, more: Record<string, unknown> = {}): FormField {
  const shape = { minLength: 0, maxLength: 200, autocomplete: '' }
  return { ...base, ...shape, key, label: key, type: 'text', mapping: null, ...more } as FormField
}

export function consentField(more: Record<string, unknown> = {}): FormField {
  return {
    key: 'news',
    label: 'News',
    help: '',
    width: 'full',
    show: null,
    type: 'consent',
    wording: 'Yes, write to me about <offers>.',
    purpose: 'marketing',
    topicId: null,
    doubleOptIn: false,
    required: false,
    requireWhen: null,
    error: '',
    ...more,
  } as FormField
}

/** An address, a name, a condition and a consent; no minimum of seconds, because tests are fast. */
export function whitePaper(change: (document: FormDocument) => void = () => undefined): FormDocument {
  const document = emptyForm('White paper')
  document.abuse = { ...document.abuse, minSeconds: 0, proofOfWork: 'off' }
  document.steps[0]?.fields.push(
    textField('first_name', { mapping: { to: 'contact', field: 'first_name', merge: 'overwrite' } }),
    textField('size', { label: 'Size' }),
    textField('team', { label: 'Team', required: true, show: { field: 'size', op: 'is', value: 'large' } }),
    consentField(),
  )
  change(document)
  return document
}

/** A live form; its id and key. */
export async function publishForm(
  town: Town,
  document: FormDocument,
): Promise<{ id: string; key: string; url: string; version: number }> {
  const made = await town.api<{ id: string; version: number }>('POST', '/forms', {
    name: document.title,
    document,
  })
  const live = await town.api<{ id: string; key: string; url: string; version: number }>(
    'POST',
    `/forms/${made.body.id}/publish`,
    { version: made.body.version, ownerId: town.ownerId, reviewOn: reviewOn(town.services) },
  )
  if (live.status !== 200) throw new Error(JSON.stringify([made.body, live.body]))
  return live.body
}

/** The hosted page as a browser without scripts uses it: its hidden inputs, and what somebody enters. */
export async function fillIn(
  url: string,
  answers: Record<string, string>,
  html?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; html: string; location: string | null }> {
  const page = html ?? (await (await fetch(url, { headers })).text())
  const body = new URLSearchParams()
  for (const [, name = '', value = ''] of page.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  ))
    body.append(
      name,
      value.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code))),
    )
  for (const [name, value] of Object.entries(answers)) body.set(name, value)
  const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' })
  return { status: answer.status, html: await answer.text(), location: answer.headers.get('location') }
}
