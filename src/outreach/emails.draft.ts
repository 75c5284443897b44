import { z } from 'zod'
import { normalizeAddress } from '#audience/address.ts'
import { idSchema } from '#platform/http/route.ts'

const clean = (text: string) => !text.includes('\0')
const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine(text => !/[\r\n\0]/.test(text), 'must be one line')
/** Empty: the default of the installation. */
const address = line(254).refine(text => text === '' || normalizeAddress(text) !== null, 'is no mail address')

const body = z
  .string()
  .max(256 * 1024)
  .refine(clean, 'holds a NUL')

const fields = {
  subject: line(500),
  preheader: line(500),
  fromName: line(100),
  fromAddress: address,
  replyTo: address,
  kind: z.enum(['mjml', 'html']),
  source: body,
  /** Null: derived from the HTML. */
  text: body.nullable(),
  /** What people can subscribe to one by one; null: marketing as a whole. */
  topicId: idSchema.nullable(),
}

/** What an author writes. Drafts may be unfinished; what is wrong with them is told by `checkEmail`. */
export const draftSchema = z.object(fields)
export type EmailDraft = z.infer<typeof draftSchema>

/** Some parts of it: what is not given stays as it is. */
export const draftChangeSchema = draftSchema.partial()

export const emptyDraft: EmailDraft = {
  subject: '',
  preheader: '',
  fromName: '',
  fromAddress: '',
  replyTo: '',
  kind: 'mjml',
  source: '',
  text: null,
  topicId: null,
}
