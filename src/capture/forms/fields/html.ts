import { z } from 'zod'
import { fieldKind } from '../kind.ts'
import { commonShape } from '../shape.ts'

const htmlSchema = z.object({
  ...commonShape,
  type: z.literal('html'),
  /** Cleaned when it is saved and again when it is published: no scripts, no styles, nothing from other hosts but links. */
  html: z.string().max(20_000),
})

/** Words between the fields. */
export const html = fieldKind<z.infer<typeof htmlSchema>>({
  type: 'html',
  title: 'Words between fields',
  schema: htmlSchema,
  family: null,
  isBare: true,
  texts: field => ({ html: field.html }),
  read: () => ({ value: null }),
  control: (field, { words }) => `<div class="tf-html">${words('html', field.html)}</div>`,
})
