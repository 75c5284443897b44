import { z } from 'zod'
import { csvType } from '#platform/csv.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { errorFile } from './imports/errors.ts'
import {
  columnMapSchema,
  consentBases,
  dialectSchema,
  dryRunSchema,
  mappingSchema,
  optionsSchema,
} from './imports/shape.ts'
import {
  addPiece,
  changeImport,
  checkImport,
  createImport,
  dropImport,
  getImport,
  type Import,
  listImports,
  maxBytes,
  pauseImport,
  pieceBytes,
  readFile,
  resumeImport,
  runImport,
  undoDays,
  undoImport,
} from './imports.ts'

const count = z.number().int()
const job = z
  .object({
    id: z.string(),
    state: z.enum(['queued', 'running', 'done', 'failed', 'stopped']),
    done: z.number(),
    total: z.number().nullable(),
    error: z.string().nullable(),
  })
  .nullable()

const importSchema = z.object({
  id: z.string(),
  name: z.string(),
  stage: z.enum(['uploading', 'ready', 'running', 'done', 'undoing', 'undone']),
  bytes: z.number(),
  dialect: dialectSchema.nullable(),
  columns: z.array(z.object({ name: z.string(), samples: z.array(z.string()) })).nullable(),
  preview: z.array(z.array(z.string())).nullable(),
  mapping: z.array(columnMapSchema).nullable(),
  options: z
    .object({
      existing: z.enum(['overwrite', 'fill', 'skip']),
      listIds: z.array(z.string()),
      consent: z
        .object({
          basis: z.enum(consentBases),
          wording: z.string(),
          source: z.string(),
          lettersPerHour: z.number().optional(),
        })
        .nullable(),
      wakes: z.boolean(),
    })
    .nullable(),
  dry: dryRunSchema.partial({ reasons: true, examples: true, asked: true }).nullable(),
  rows: count,
  added: count,
  updated: count,
  unchanged: count,
  rejected: count,
  asked: count,
  askingUntil: timeSchema.nullable(),
  undone: z.object({ removed: count, restored: count, kept: count }).nullable(),
  createdAt: timeSchema,
  createdBy: z.string(),
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  /** Until when it can be taken back. */
  undoUntil: timeSchema.nullable(),
  check: job,
  run: job,
  undo: job,
})

const shape = (found: Import) => ({
  ...found,
  undoUntil:
    found.stage === 'done' && found.finishedAt
      ? new Date(found.finishedAt.getTime() + undoDays * 86_400_000)
      : null,
})

const summarySchema = importSchema.omit({ columns: true, preview: true, mapping: true, dry: true })

/** A change of stage that needs nothing but the id. */
function act(
  name: 'check' | 'run' | 'pause' | 'resume' | 'undo',
  summary: string,
  handle: (services: Services, actor: Parameters<typeof runImport>[1], id: string) => Promise<Import>,
): Route {
  return route({
    method: 'POST',
    url: `/api/v1/imports/:id/${name}`,
    can: name === 'check' ? 'imports.preview' : 'imports.edit',
    summary,
    tag: 'Imports',
    params: idParams,
    reply: importSchema,
    handle: async ({ params, actor }, services) => shape(await handle(services, actor, params.id)),
  })
}

const fileRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/imports',
    can: 'imports.edit',
    summary: 'Announce a CSV file; its pieces follow, then `read`',
    tag: 'Imports',
    body: z
      .object({ name: z.string().trim().min(1).max(200), bytes: z.number().int().min(1).max(maxBytes) })
      .strict(),
    reply: importSchema.extend({ pieceBytes: count }),
    status: 201,
    handle: async ({ body, actor }, { db, clock }) => ({
      ...shape(await createImport(db, actor, body, clock.now())),
      pieceBytes,
    }),
  }),
  route({
    method: 'PUT',
    url: '/api/v1/imports/:id/pieces/:position',
    can: 'imports.edit',
    summary: 'Hand in a piece of the file, counted from 0; the same piece twice is kept once',
    tag: 'Imports',
    params: idParams.extend({ position: z.coerce.number().int().min(0).max(10_000) }),
    body: z
      .object({
        data: z
          .base64()
          .min(1)
          .max(Math.ceil(pieceBytes / 3) * 4),
      })
      .strict(),
    reply: done,
    async handle({ params, body }, { db, clock }) {
      const bytes = Buffer.from(body.data, 'base64')
      await addPiece(db, params.id, { position: params.position, bytes }, clock.now())
      return { ok: true as const }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/imports/:id/read',
    can: 'imports.edit',
    summary:
      'Look at the file: encoding, delimiter, columns, first rows and where each column most likely goes',
    tag: 'Imports',
    params: idParams,
    reply: importSchema,
    handle: async ({ params }, { db, clock }) => shape(await readFile(db, params.id, clock.now())),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/imports/:id',
    can: 'imports.edit',
    summary: 'Change how the file is read, where columns go, or what is done with the rows',
    tag: 'Imports',
    params: idParams,
    body: z
      .object({ dialect: dialectSchema, mapping: mappingSchema, options: optionsSchema })
      .partial()
      .strict(),
    reply: importSchema,
    handle: async ({ params, body }, { db, clock }) =>
      shape(await changeImport(db, params.id, body, clock.now())),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/imports/:id',
    can: 'imports.edit',
    summary: 'Remove an import that has not begun, with its file',
    tag: 'Imports',
    params: idParams,
    reply: done,
    async handle({ params, actor }, { db }) {
      await dropImport(db, actor, params.id)
      return { ok: true as const }
    },
  }),
]

const readRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/imports',
    can: 'imports.read',
    summary: 'Imports, the newest first',
    tag: 'Imports',
    query: pageQuery,
    reply: pageOf(summarySchema),
    async handle({ query }, { db }) {
      const before = readCursor(query.cursor, idSchema)
      const rows = await listImports(db, { before, limit: query.limit })
      return page(rows.map(shape), query.limit, row => row.id)
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/imports/:id',
    can: 'imports.read',
    summary: 'One import: columns, mapping, dry run, progress, result',
    tag: 'Imports',
    params: idParams,
    reply: importSchema,
    handle: async ({ params }, { db }) => shape(await getImport(db, params.id)),
  }),
  route({
    method: 'GET',
    url: '/api/v1/imports/:id/errors',
    can: 'imports.edit',
    summary: 'The rows that did not go in as CSV, each with its reason',
    tag: 'Imports',
    params: idParams,
    reply: csvType,
    async handle({ params, answer }, { db }) {
      const found = await getImport(db, params.id)
      answer.type('text/csv; charset=utf-8')
      answer.header('content-disposition', `attachment; filename="import-${found.id}-errors.csv"`)
      return errorFile(db, found)
    },
  }),
]

/** People from a file: handed in piece by piece, mapped, tried out, run, taken back. */
export const importRoutes: Route[] = [
  ...readRoutes,
  ...fileRoutes,
  act(
    'check',
    'Go through the whole file and write nothing: counts, reasons and examples',
    (services, _actor, id) => checkImport(services, id),
  ),
  act('run', 'Begin; from here on it can be paused and taken back, but not changed', runImport),
  act('pause', 'Stop within a batch, to go on exactly there later', pauseImport),
  act('resume', 'Go on where it stopped', resumeImport),
  act(
    'undo',
    'Take it back, within 30 days: earlier values return, whoever it alone brought goes',
    undoImport,
  ),
]
