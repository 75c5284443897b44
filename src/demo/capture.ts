import { systemActor } from '#access/users.ts'
import { createForm, type FormDocument, type FormField, publishForm, saveForm } from '#capture/forms.ts'
import { createPage, publishPage, templates } from '#capture/pages.ts'
import type { Services } from '#platform/services.ts'

const question = {
  help: '',
  placeholder: '',
  width: 'half' as const,
  show: null,
  required: false,
  requireWhen: null,
  always: false,
  error: '',
  default: '',
}
const words = { type: 'text' as const, minLength: 0, maxLength: 200, autocomplete: '' }

const fields: FormField[] = [
  {
    ...question,
    ...words,
    key: 'first_name',
    label: 'First name',
    mapping: { to: 'contact', field: 'first_name', merge: 'fill_if_empty' },
  },
  {
    ...question,
    ...words,
    key: 'company',
    label: 'Company',
    mapping: { to: 'company', field: 'name', merge: 'fill_if_empty' },
  },
  {
    ...question,
    key: 'role',
    type: 'select',
    label: 'What do you do?',
    width: 'full',
    mapping: { to: 'contact', field: 'job_title', merge: 'fill_if_empty' },
    options: [
      { value: 'Marketing', label: 'Marketing' },
      { value: 'Sales', label: 'Sales' },
      { value: 'Other', label: 'Something else' },
    ],
  },
  {
    ...question,
    ...words,
    key: 'role_other',
    label: 'And that is?',
    width: 'full',
    mapping: null,
    show: { field: 'role', op: 'is', value: 'Other' },
  },
  {
    key: 'news',
    type: 'consent',
    label: 'News',
    help: '',
    width: 'full',
    show: null,
    required: false,
    requireWhen: null,
    error: '',
    wording: 'Write to me about new papers and events. I can stop this with one click in every mail.',
    purpose: 'marketing',
    topicId: null,
    doubleOptIn: false,
  },
]

/** A form with a condition and a consent, and a landing page that shows it, both live. */
export async function seedCapture(
  services: Services,
  steward: { ownerId: string; reviewOn: string },
  now: Date,
): Promise<{ formId: string; pageId: string } | null> {
  const { db } = services
  const made = await createForm(db, systemActor, { name: 'White paper download' }, now)
  const [step] = made.document.steps
  const document: FormDocument = {
    ...made.document,
    title: 'Get the white paper',
    submit: 'Send it to me',
    steps: step ? [{ ...step, fields: [...step.fields, ...fields] }] : [],
    after: { ...made.document.after, message: 'Thank you. The paper is on its way to you.' },
  }
  const saved = await saveForm(db, systemActor, made.id, { version: made.version, document }, now)
  const form = await publishForm(services, systemActor, made.id, { version: saved.version, ...steward }, now)
  const [template] = templates
  if (!template) return null
  const text = JSON.stringify(template.document)
    .replaceAll('"formId":null', `"formId":"${form.id}"`)
    // The form brings its own heading.
    .replaceAll('"heading":"Get the white paper"', '"heading":""')
  const page = await createPage(
    db,
    systemActor,
    { name: 'White paper', slug: 'white-paper', document: JSON.parse(text) },
    now,
  )
  await publishPage(db, systemActor, page.id, { version: page.version, ...steward }, now)
  return { formId: form.id, pageId: page.id }
}
