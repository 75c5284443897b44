import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { blockStyleSchema } from './style.ts'

const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine(value => !value.includes('\0'), 'holds a NUL')
const line = text(300)
/** Rich text: paragraphs, headings, lists, links, emphasis; cleaned when it is saved and again when it is shown. */
const rich = text(50_000)
const image = idSchema.nullable()

/**
 * Where something leads: https://, http://, mailto:, tel:, a path of this host, #anchor, or `page:ID` for a page of
 * ours, which follows it when its address changes. Empty: not chosen yet.
 */
export const hrefSchema = text(2_000).refine(
  value =>
    value === '' ||
    /^(https?:\/\/[^\s]+|mailto:[^\s]+|tel:[+\d()\s./-]+|\/(?!\/)[^\s]*|#[\w-]*|page:\d{1,19})$/i.test(value),
  'must be a web address, mailto:, tel:, a path, #anchor or page:ID',
)

/** Shows a section or block to some only. Whoever is not recognised is in no segment. */
export const whenSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('segment'), segmentId: idSchema, in: z.boolean() }),
  z.object({ type: z.literal('recognised'), is: z.boolean() }),
])
export type When = z.output<typeof whenSchema>

const blockId = z.string().regex(/^[\w-]{1,40}$/, 'must be a short id of letters, digits, - and _')

/** What every block has. */
const common = {
  id: blockId,
  style: blockStyleSchema,
  /** Null: everybody sees it. */
  when: whenSchema.nullable(),
}

export const buttonSchema = z.object({
  label: line,
  href: hrefSchema,
  look: z.enum(['primary', 'secondary', 'link']),
  newTab: z.boolean(),
})
export type Button = z.output<typeof buttonSchema>

const hero = z.object({
  ...common,
  type: z.literal('hero'),
  eyebrow: line,
  heading: line,
  text: rich,
  imageId: image,
  imageAlt: line,
  imageSide: z.enum(['start', 'end', 'below']),
  buttons: z.array(buttonSchema).max(3),
})
const words = z.object({ ...common, type: z.literal('text'), html: rich })
const picture = z.object({
  ...common,
  type: z.literal('image'),
  imageId: image,
  /** What the picture says to who cannot see it; empty only with `decorative`. */
  alt: line,
  decorative: z.boolean(),
  caption: line,
  href: hrefSchema,
})
const button = z.object({ ...common, type: z.literal('button'), ...buttonSchema.shape })
const video = z.object({
  ...common,
  type: z.literal('video'),
  /** Nothing is fetched from the provider before a click; YouTube then by its cookieless host, Vimeo with dnt. */
  provider: z.enum(['youtube', 'vimeo']),
  videoId: z.string().regex(/^[\w-]{0,40}$/, 'must be the id of the video, as it stands in its address'),
  title: line,
  posterImageId: image,
})
const testimonial = z.object({
  ...common,
  type: z.literal('testimonial'),
  quote: text(2_000),
  name: line,
  role: line,
  imageId: image,
})
const pricing = z.object({
  ...common,
  type: z.literal('pricing'),
  plans: z
    .array(
      z.object({
        name: line,
        price: line,
        period: line,
        text: text(1_000),
        features: z.array(line).max(30),
        button: buttonSchema.nullable(),
        highlighted: z.boolean(),
      }),
    )
    .max(6),
})
const faq = z.object({
  ...common,
  type: z.literal('faq'),
  items: z.array(z.object({ question: line, answer: rich })).max(50),
  /** Tell search engines (FAQPage). */
  structured: z.boolean(),
})
const countdown = z.object({
  ...common,
  type: z.literal('countdown'),
  until: z.iso.datetime({ offset: true }).nullable(),
  label: line,
  /** Shown instead once the moment has passed. */
  over: line,
})
const form = z.object({
  ...common,
  type: z.literal('form'),
  formId: idSchema.nullable(),
  heading: line,
})
const code = z.object({
  ...common,
  type: z.literal('code'),
  /** Cleaned HTML: no scripts, no styles, nothing from other hosts but links. */
  html: rich,
})
const divider = z.object({ ...common, type: z.literal('divider'), look: z.enum(['line', 'space']) })

const simple = [
  words,
  picture,
  button,
  video,
  testimonial,
  pricing,
  faq,
  countdown,
  form,
  code,
  divider,
] as const

/** What may stand in a column: everything but a hero and columns. */
export const simpleBlockSchema = z.discriminatedUnion('type', [...simple])

const columns = z.object({
  ...common,
  type: z.literal('columns'),
  /** Shares of the width, `2-1` is two thirds and one third; as many columns as numbers. */
  layout: z.enum(['1-1', '1-2', '2-1', '1-3', '3-1', '1-1-1', '1-2-1', '1-1-1-1']),
  gap: z.enum(['none', 'small', 'medium', 'large']),
  /** Up to which screen the columns stand below each other. */
  stack: z.enum(['never', 'phone', 'tablet']),
  valign: z.enum(['start', 'centre', 'end']),
  columns: z.array(z.object({ blocks: z.array(simpleBlockSchema).max(20) })).max(4),
})

export const blockSchema = z.discriminatedUnion('type', [hero, columns, ...simple])
export type Block = z.output<typeof blockSchema>
export type SimpleBlock = z.output<typeof simpleBlockSchema>
