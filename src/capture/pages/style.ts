import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'

/** Colours by name: what they look like says the brand kit, so that a new kit changes every page at once. */
export const colourNames = [
  'background',
  'surface',
  'text',
  'muted',
  'primary',
  'on-primary',
  'accent',
  'on-accent',
  'border',
] as const

const colour = z.enum(colourNames)
const space = z.enum(['none', 'small', 'medium', 'large', 'huge'])
const devices = z.enum(['phone', 'tablet', 'desktop'])

/** What a block may change of its looks. Bounded on purpose: each value is one class of the page's stylesheet. */
export const blockStyleSchema = z.object({
  align: z.enum(['start', 'centre', 'end']).optional(),
  background: colour.optional(),
  colour: colour.optional(),
  padding: space.optional(),
  /** Room above and below. */
  margin: space.optional(),
  radius: z.enum(['none', 'small', 'large']).optional(),
  border: z.boolean().optional(),
  shadow: z.boolean().optional(),
  size: z.enum(['small', 'normal', 'large']).optional(),
  width: z.enum(['narrow', 'half', 'normal', 'full']).optional(),
  /** Kinds of screens that do not show it: phone up to 640 px, tablet up to 1024 px, desktop above. */
  hideOn: z.array(devices).max(3).optional(),
  /** Overrides for small screens. */
  phone: z
    .object({
      align: z.enum(['start', 'centre', 'end']).optional(),
      padding: space.optional(),
      margin: space.optional(),
    })
    .optional(),
})
export type BlockStyle = z.output<typeof blockStyleSchema>

export const sectionStyleSchema = z.object({
  background: colour.optional(),
  colour: colour.optional(),
  /** An uploaded image behind the section, by its id. */
  imageId: idSchema.nullable().optional(),
  padding: space.optional(),
  width: z.enum(['narrow', 'normal', 'wide', 'full']).optional(),
  align: z.enum(['start', 'centre', 'end']).optional(),
  hideOn: z.array(devices).max(3).optional(),
})

/** Families that every machine has: nothing is fetched for them. */
export const fontNames = [
  'system',
  'humanist',
  'geometric',
  'classic',
  'transitional',
  'slab',
  'mono',
] as const

const hex = z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour like #1a2b3c')

/** The looks that all pages share. */
export const brandKitSchema = z.object({
  name: z.string().trim().min(1).max(120),
  logoImageId: idSchema.nullable(),
  faviconImageId: idSchema.nullable(),
  colours: z.object({
    background: hex,
    surface: hex,
    text: hex,
    muted: hex,
    primary: hex,
    'on-primary': hex,
    accent: hex,
    'on-accent': hex,
    border: hex,
  }),
  fonts: z.object({ heading: z.enum(fontNames), body: z.enum(fontNames) }),
  /** Size of the text in px; headings follow from it. */
  textSize: z.int().min(14).max(22),
  /** Corners of buttons and cards in px. */
  radius: z.int().min(0).max(32),
  buttons: z.enum(['square', 'rounded', 'pill']),
  /** Widest line of content in px. */
  contentWidth: z.int().min(640).max(1600),
  /** Below every page: who we are; rich text. */
  footer: z.string().max(5_000),
})
export type BrandKit = z.output<typeof brandKitSchema>

/** What pages look like before anybody has set a brand kit; all its pairs of colours keep 4.5:1. */
export const plainBrandKit: BrandKit = {
  name: 'Our company',
  logoImageId: null,
  faviconImageId: null,
  colours: {
    background: '#ffffff',
    surface: '#f3f6f4',
    text: '#1d2733',
    muted: '#55626f',
    primary: '#2f6f4f',
    'on-primary': '#ffffff',
    accent: '#123524',
    'on-accent': '#ffffff',
    border: '#d5ddd7',
  },
  fonts: { heading: 'system', body: 'system' },
  textSize: 17,
  radius: 12,
  buttons: 'rounded',
  contentWidth: 1080,
  footer: '',
}
