import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { escapeHtml } from '../../pages/html.ts'
import { type Control, fieldKind, only, type Raw } from '../kind.ts'
import { commonShape, line, logicSchema, paragraph, questionShape } from '../shape.ts'

const isYes = (raw: Raw) => /^(1|true|on|yes)$/i.test(only(raw))

const box = ({ id, name, values, attributes }: Control, words: string) =>
  `<label class="tf-pick"><input type="checkbox" id="${id}" name="${name}" value="true"${isYes(values) ? ' checked' : ''}${attributes}><span>${escapeHtml(words)}</span></label>`

const checkboxSchema = z.object({ ...questionShape, type: z.literal('checkbox'), default: z.boolean() })
export const checkbox = fieldKind<z.infer<typeof checkboxSchema>>({
  type: 'checkbox',
  title: 'Yes or no',
  schema: checkboxSchema,
  family: 'boolean',
  isBare: true,
  read: (raw, field) => (field.required && !isYes(raw) ? { problem: 'required' } : { value: isYes(raw) }),
  control: (field, control) => box(control, control.words('label', field.label)),
})

const consentSchema = z.object({
  ...commonShape,
  type: z.literal('consent'),
  /** What is agreed to, in the very words that are kept as proof. */
  wording: paragraph.min(1),
  purpose: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, 'is a short name in lower case'),
  topicId: idSchema.nullable(),
  /** A letter with a link has to be answered before it counts. */
  doubleOptIn: z.boolean(),
  required: z.boolean(),
  requireWhen: logicSchema.nullable(),
  error: line,
})
/** Never ticked beforehand: silence is no consent (GDPR, recital 32). */
export const consent = fieldKind<z.infer<typeof consentSchema>>({
  type: 'consent',
  title: 'Consent',
  schema: consentSchema,
  family: 'boolean',
  isBare: true,
  texts: field => ({ wording: field.wording }),
  read: (raw, field) => (field.required && !isYes(raw) ? { problem: 'agree' } : { value: isYes(raw) }),
  control: (field, control) => box(control, control.words('wording', field.wording)),
})
