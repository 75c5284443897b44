import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { type FormField, fieldSchema } from './fields/all.ts'
import { keyPattern, line, logicSchema, paragraph } from './shape.ts'

export type { FormField } from './fields/all.ts'

const stepSchema = z.object({
  id: z.string().regex(keyPattern, 'is a short name in lower case'),
  title: line,
  fields: z.array(fieldSchema).max(60),
  /** Where the way goes on after this step if not to the next: the first that holds; forward only, or `end`. */
  jumps: z.array(z.object({ when: logicSchema, to: z.string().max(60) })).max(20),
})

/** A language by its tag: `de`, `pt-BR`. */
const languageTag = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'is no tag of a language')

/**
 * Words in other languages, by where they stand: `fields.email.label`, `steps.one.title`, `submit`, `after.message`,
 * `fields.size.options.small`. What is missing falls back to the main language.
 */
const translationSchema = z
  .record(z.string().max(200), z.string().max(5_000))
  .refine(words => Object.keys(words).length <= 1_000, 'holds more than 1,000 texts')

const languagesSchema = z.object({
  main: languageTag,
  others: z.record(languageTag, translationSchema),
})

const progressiveSchema = z.object({
  isOn: z.boolean(),
  /** So many fields at most are shown to somebody we recognise, the ones that are always shown first. */
  maxShown: z.int().min(1).max(60),
  /** Who comes by a link in his own mail finds filled in what is known of him. */
  prefills: z.boolean().default(false),
})

const afterSchema = z.object({
  message: paragraph,
  /** Where the browser goes instead of showing the message; its host must be one of `redirectHosts` or ours. */
  redirect: z.string().max(2_000).nullable(),
  redirectHosts: z.array(z.string().max(255)).max(20),
  lists: z.array(idSchema).max(20),
  score: z.object({ modelId: idSchema, points: z.int().min(-1_000).max(1_000) }).nullable(),
  /** Colleagues who get a mail for each submission. */
  notify: z.array(z.string().max(100)).max(20),
  /** A file that is given in return, by a signed link. */
  assetId: idSchema.nullable(),
})

const embeddingSchema = z.object({
  /** Origins of pages that may embed it, like https://shop.example; empty: any. */
  origins: z.array(z.url({ protocol: /^https?$/ }).max(300)).max(50),
  style: z.enum(['own', 'inherit']),
  accent: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'is a colour like #2f6f4f'),
  /** May other sites post their own forms here, with fields of any names? */
  takesForeign: z.boolean(),
  /** Names of foreign fields, by ours: { email: 'your-email' }. A name that is ours needs no entry. */
  foreign: z.record(z.string().max(60), z.string().min(1).max(100)),
})

const abuseSchema = z.object({
  /** Faster than this is no person, and older than this is no page of today. */
  minSeconds: z.int().min(0).max(60),
  maxHours: z.int().min(1).max(168),
  perIpPerHour: z.int().min(1).max(10_000),
  perAddressPerHour: z.int().min(1).max(100),
  perFormPerHour: z.int().min(1).max(1_000_000),
  /**
   * A sum the browser solves by itself, unseen: asked of all, or only while more comes than usual. Who sends without
   * one (no JavaScript, assistive tools) is never refused:
   * then his submission waits in quarantine.
   */
  proofOfWork: z.enum(['off', 'suspects', 'always']),
  /** Addresses of throw-away domains. */
  disposable: z.enum(['accept', 'quarantine', 'refuse']),
  businessOnly: z.boolean(),
})

/** All of a form: what a version keeps. */
export const formDocumentSchema = z.object({
  title: line,
  intro: paragraph,
  submit: line,
  steps: z.array(stepSchema).min(1).max(20),
  /** Keep what was entered step by step, so that an abandoned form can be seen. */
  savesPartly: z.boolean(),
  languages: languagesSchema,
  progressive: progressiveSchema,
  after: afterSchema,
  embedding: embeddingSchema,
  abuse: abuseSchema,
})
export type FormDocument = z.infer<typeof formDocumentSchema>

/** Every field in the order of the steps. */
export const fieldsOf = (document: Pick<FormDocument, 'steps'>): FormField[] =>
  document.steps.flatMap(step => step.fields)

/** What a new form begins with: an address and the agreement to be written to. */
export function emptyForm(title: string): FormDocument {
  const base = {
    help: '',
    placeholder: '',
    width: 'full' as const,
    show: null,
    requireWhen: null,
    always: false,
    error: '',
  }
  return {
    title,
    intro: '',
    submit: 'Send',
    savesPartly: false,
    steps: [
      {
        id: 'one',
        title: '',
        jumps: [],
        fields: [
          {
            ...base,
            key: 'email',
            type: 'email',
            label: 'Email address',
            required: true,
            always: true,
            mapping: { to: 'contact', field: 'email', merge: 'fill_if_empty' },
            default: '',
          },
        ],
      },
    ],
    languages: { main: 'en', others: {} },
    progressive: { isOn: false, maxShown: 4, prefills: false },
    after: {
      message: 'Thank you. We have got it.',
      redirect: null,
      redirectHosts: [],
      lists: [],
      score: null,
      notify: [],
      assetId: null,
    },
    embedding: { origins: [], style: 'own', accent: '#2f6f4f', takesForeign: false, foreign: {} },
    abuse: {
      minSeconds: 2,
      maxHours: 24,
      perIpPerHour: 60,
      perAddressPerHour: 5,
      perFormPerHour: 2_000,
      proofOfWork: 'suspects',
      disposable: 'quarantine',
      businessOnly: false,
    },
  }
}
