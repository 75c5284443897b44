import { z } from 'zod'
import { normalizeAddress } from '#audience/address.ts'

const clean = (text: string) => !text.includes('\0')
const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine(text => !/[\r\n\0]/.test(text), 'must be one line')
/** Empty: the default of the installation. */
const address = line(254).refine(text => text === '' || normalizeAddress(text) !== null, 'is no mail address')

/** What an author writes. Drafts may be unfinished; what is wrong with them is told by `checkEmail`. */
export const draftSchema = z.object({
  subject: line(500).default(''),
  preheader: line(500).default(''),
  fromName: line(100).default(''),
  fromAddress: address.default(''),
  replyTo: address.default(''),
  kind: z.enum(['mjml', 'html']).default('mjml'),
  source: z
    .string()
    .max(256 * 1024)
    .refine(clean, 'holds a NUL')
    .default(''),
  /** Null: derived from the HTML. */
  text: z
    .string()
    .max(256 * 1024)
    .refine(clean, 'holds a NUL')
    .nullable()
    .default(null),
})
export type EmailDraft = z.infer<typeof draftSchema>
