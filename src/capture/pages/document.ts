import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { blockSchema, whenSchema } from './blocks.ts'
import { sectionStyleSchema } from './style.ts'

const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine(value => !value.includes('\0'), 'holds a NUL')
const image = idSchema.nullable()
const webAddress = text(2_000).refine(
  value => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
  'must be an address with https:// or http://',
)

export const sectionSchema = z.object({
  id: z.string().regex(/^[\w-]{1,40}$/, 'must be a short id of letters, digits, - and _'),
  name: text(120),
  /** What `#anchor` in links leads to; empty for none. */
  anchor: z.string().regex(/^[\w-]{0,60}$/, 'must be of letters, digits, - and _'),
  style: sectionStyleSchema,
  when: whenSchema.nullable(),
  blocks: z.array(blockSchema).max(40),
})
export type Section = z.output<typeof sectionSchema>

/** What search engines, other sites and browsers are told. */
export const pageSettingsSchema = z.object({
  title: text(200),
  description: text(500),
  /** As in <html lang>, `en` or `pt-BR`. */
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language like en or pt-BR'),
  /** Null: the page's own address; all variants share it. */
  canonical: webAddress.nullable(),
  robots: z.object({ index: z.boolean(), follow: z.boolean() }),
  openGraph: z.object({
    /** Empty: the title and description above. */
    title: text(200),
    description: text(500),
    imageId: image,
    type: z.enum(['website', 'article']),
  }),
  /** One object of schema.org as JSON text; empty for none. */
  jsonLd: text(20_000),
  /** Null: the one of the brand kit. */
  faviconImageId: image,
  header: z.object({ logo: z.boolean(), link: z.boolean() }),
  footer: z.boolean(),
  /** The browser source that page views are recorded under, for who agreed; null counts without knowing anybody. */
  sourceId: idSchema.nullable(),
  consent: z.object({
    banner: z.boolean(),
    /** What people are asked about, one switch each; none is set beforehand. */
    purposes: z.array(z.enum(['analytics', 'marketing'])).max(2),
    text: text(1_000),
    /** Where the privacy notice stands; empty for none. */
    privacyUrl: text(2_000),
  }),
  /** Hosts that belong to us: links there carry the visitor's id when he agreed. `shop.example`, `*.shop.example` */
  linkedHosts: z
    .array(
      z.string().regex(/^(\*\.)?([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/i, 'must be a host like shop.example'),
    )
    .max(20),
})

/** Another version of the sections, shown to a share of the visitors. */
export const alternativeSchema = z.object({
  key: z.enum(['b', 'c', 'd', 'e']),
  name: text(120),
  weight: z.int().min(0).max(100),
  sections: z.array(sectionSchema).max(60),
})

export const goalSchema = z.discriminatedUnion('type', [
  /** A form on this page is sent; the default. */
  z.object({ type: z.literal('form') }),
  /** An event of this name within the visit. */
  z.object({ type: z.literal('event'), name: text(200).min(1) }),
  /** Another page is reached: a path of this host, `*` stands for anything. */
  z.object({
    type: z.literal('url'),
    path: text(500).regex(/^\/[^\s?#]*$/, 'must be a path like /thanks or /thanks/*'),
  }),
])

/** A page as it is stored: settings, and sections of blocks. No markup but cleaned rich text. */
export const pageDocumentSchema = z.object({
  format: z.literal(1),
  settings: pageSettingsSchema,
  sections: z.array(sectionSchema).max(60),
  /** The test: variant `a` are the sections above. No alternatives: no test. */
  test: z.object({
    weight: z.int().min(0).max(100),
    goal: goalSchema,
    /** End the test by itself as soon as there is a winner. */
    autoStop: z.boolean(),
    alternatives: z.array(alternativeSchema).max(4),
  }),
})
export type PageDocument = z.output<typeof pageDocumentSchema>

export const variantKeys = ['a', 'b', 'c', 'd', 'e'] as const
export type VariantKey = (typeof variantKeys)[number]

/** An empty page: found by search engines, not tested, no banner, nobody recorded. */
export function emptyDocument(title: string, language = 'en'): PageDocument {
  return {
    format: 1,
    settings: {
      title,
      description: '',
      language,
      canonical: null,
      robots: { index: true, follow: true },
      openGraph: { title: '', description: '', imageId: null, type: 'website' },
      jsonLd: '',
      faviconImageId: null,
      header: { logo: true, link: false },
      footer: true,
      sourceId: null,
      consent: { banner: false, purposes: ['analytics'], text: '', privacyUrl: '' },
      linkedHosts: [],
    },
    sections: [],
    test: { weight: 50, goal: { type: 'form' }, autoStop: false, alternatives: [] },
  }
}
