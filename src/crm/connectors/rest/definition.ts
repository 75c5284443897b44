import { z } from 'zod'
import { fieldTypes, objectRoles } from '../../connector.ts'

/** Below the connection's address: nothing in a definition can lead to another host. */
const path = z
  .string()
  .max(500)
  .regex(/^\/(?!\/)[^\s\\]*$/, 'must begin with one "/", below the address of the CRM')
  .refine(text => !/(^|\/)(\.|%2e){1,2}(\/|\?|#|$)/i.test(text), 'must not lead out of its folder by dots')
/** Where a value stands in an answer: `attributes.email`, `emails.0.value`; '' is the answer itself. */
const place = z
  .string()
  .max(200)
  .regex(/^$|^[\w$-]+(\.[\w$-]+)*$/, 'must be names joined by dots')
const name = z.string().min(1).max(100)

const field = z.strictObject({
  name,
  label: name.optional(),
  type: z.enum(fieldTypes),
  path: place.optional().describe('where its value stands; the name itself where nothing is said'),
  required: z.boolean().default(false),
  readOnly: z.boolean().default(false),
  externalId: z.boolean().default(false),
  options: z.array(z.string().max(200)).max(500).optional(),
  references: z.array(name).max(10).optional(),
  find: name.optional().describe('query parameter of the list that looks this value up'),
})

const size = z.number().int().min(1).max(1000).default(100)
const paging = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('page'),
    param: name,
    sizeParam: name,
    size,
    first: z.number().int().default(1),
  }),
  z.strictObject({ type: z.literal('offset'), param: name, sizeParam: name, size }),
  z.strictObject({ type: z.literal('cursor'), param: name, sizeParam: name, size, next: place }),
  z.strictObject({ type: z.literal('link'), sizeParam: name, size }),
])

/** What is done to one record must name it: without its id the whole list would be meant. */
const recordPath = path.refine(text => text.includes('{id}'), 'must contain {id}')

const writing = (methods: ['POST', 'PUT'] | ['PATCH', 'POST'] | ['DELETE', 'POST'], at: typeof path) =>
  z.strictObject({
    // A change by PUT would empty what it does not name.
    method: z.enum(methods).default(methods[0]),
    path: at,
    wrap: place.default('').describe('the body is put in here'),
  })

const object = z
  .strictObject({
    type: name,
    label: name,
    role: z.enum(objectRoles),
    id: place.default('id'),
    modified: place,
    created: place.optional(),
    deleted: place.optional().describe('true, or a moment, where the record is in the bin'),
    fields: z.array(field).min(1).max(300),
    omitsEmpty: z
      .boolean()
      .default(false)
      .describe('a field that an answer leaves out is empty, and not merely unsaid'),
    list: z.strictObject({
      path,
      items: place.default(''),
      params: z
        .record(name, z.string().max(500))
        .default({})
        .describe('sent with every list: sorting, bin included'),
      since: name.optional().describe('query parameter: only what was changed at this moment or later'),
      sorted: z.boolean().default(false).describe('answered by the moment of change, the oldest first'),
      paging,
    }),
    get: z.strictObject({ path: recordPath, item: place.default('') }),
    create: writing(['POST', 'PUT'], path).optional(),
    update: writing(['PATCH', 'POST'], recordPath).optional(),
    delete: writing(['DELETE', 'POST'], recordPath).optional(),
    item: place.default('').describe('where the record stands in the answer to a write'),
  })
  .superRefine(({ fields }, context) => {
    const places = fields.filter(each => !each.readOnly).map(({ name, path }) => path ?? name)
    for (const [index, here] of places.entries())
      if (places.some((other, i) => i !== index && (other === here || other.startsWith(`${here}.`))))
        context.addIssue({
          code: 'custom',
          path: ['fields'],
          message: `two fields are written to the same place: ${here}`,
        })
  })

export const definitionSchema = z.strictObject({
  name: name.default('CRM'),
  auth: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('bearer') }),
    z.strictObject({ type: z.literal('basic') }),
    z.strictObject({ type: z.literal('header'), header: z.string().regex(/^[A-Za-z0-9-]+$/) }),
    z.strictObject({
      type: z.literal('client_credentials'),
      tokenPath: path,
      scope: z.string().max(500).optional(),
    }),
  ]),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().max(500)).default({}),
  /** How moments are written to the CRM; they are read in any of these. */
  moments: z.enum(['iso', 'seconds', 'milliseconds', 'plain']).default('iso'),
  test: z.strictObject({ path, id: place.optional(), name: place.optional() }),
  errors: z
    .strictObject({
      message: place.optional(),
      code: place.optional(),
      field: place.optional(),
      existing: place.optional().describe('id of the record that is there already, beside status 409'),
    })
    .default({}),
  lookBackSeconds: z.number().int().min(0).max(86_400).default(60),
  callsPerDay: z.number().int().min(1).optional(),
  objects: z.array(object).min(1).max(20),
})
export type RestDefinition = z.output<typeof definitionSchema>
export type RestObject = RestDefinition['objects'][number]

/** The definition in a text; throws an Error in words that name the place. */
export function readDefinition(text: string): RestDefinition {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (error) {
    throw new Error(`This is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = definitionSchema.safeParse(given)
  if (read.success) return read.data
  const words = read.error.issues
    .slice(0, 5)
    .map(issue => `${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw new Error(words.join('; '))
}
