import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { usedBy } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { cleanKit } from './pages/clean.ts'
import { weakPairs } from './pages/contrast.ts'
import { pageDocumentSchema } from './pages/document.ts'
import { keepImage } from './pages/images.keep.ts'
import {
  deleteImage,
  draftsWith,
  type ImageHead,
  imageFile,
  imagesByIds,
  selectImages,
} from './pages/images.sql.ts'
import { maxImageBytes } from './pages/images.ts'
import { type KitRow, readKit, writeKit } from './pages/kit.sql.ts'
import { tellStreets } from './pages/pages.sql.ts'
import { brandKitSchema } from './pages/style.ts'
import { templates } from './pages/templates.ts'
import { pageName, problemList } from './pages.schema.ts'

const tag = 'Pages'

const kitReply = z.object({
  kit: brandKitSchema,
  version: z.int(),
  updatedAt: timeSchema.nullable(),
  updatedBy: z.string().nullable(),
  /** Colours that not everybody can read on each other. */
  warnings: problemList,
})
const shownKit = (row: KitRow) => ({ ...row, warnings: weakPairs(row.kit) })

const readBrand = route({
  method: 'GET',
  url: '/api/v1/brand-kit',
  can: 'pages.read',
  summary: 'The looks that all pages share: colours, fonts, logo, footer',
  tag,
  reply: kitReply,
  handle: async (_input, { db }) => shownKit(await readKit(db)),
})

const saveBrand = route({
  method: 'PATCH',
  url: '/api/v1/brand-kit',
  can: 'pages.publish',
  summary:
    'Change the looks of all pages at once, those that are live too; names the version it started from',
  tag,
  body: z.object({ version: z.int(), kit: brandKitSchema }),
  reply: kitReply,
  async handle({ body, actor }, { db, clock }) {
    const kit = cleanKit(body.kit)
    const images = [kit.logoImageId, kit.faviconImageId].filter(id => id !== null)
    const there = await imagesByIds(db, images)
    if (there.length < new Set(images).size)
      throw invalid('An image does not exist.', [
        { path: 'kit.logoImageId', message: 'choose an image that exists' },
      ])
    return inTransaction(db, async trx => {
      if (!(await writeKit(trx, { kit, version: body.version, by: actor.name, now: clock.now() }))) {
        const { version, updatedAt, updatedBy } = await readKit(trx)
        throw conflict('stale', `${updatedBy} changed the brand kit meanwhile.`, {
          version,
          updatedAt,
          updatedBy,
        })
      }
      await tellStreets(trx)
      await audit(trx, actor, 'pages.brand', { kind: 'brand-kit', id: '1' }, { version: body.version + 1 })
      return shownKit(await readKit(trx))
    })
  },
})

const templateList = route({
  method: 'GET',
  url: '/api/v1/page-templates',
  can: 'pages.read',
  summary: 'What a page can begin with',
  tag,
  reply: z.object({
    items: z.array(
      z.object({ key: z.string(), name: z.string(), words: z.string(), document: pageDocumentSchema }),
    ),
    next: z.null(),
  }),
  handle: async () => ({ items: [...templates], next: null }),
})

const image = z.object({
  id: idSchema,
  name: z.string(),
  type: z.string(),
  width: z.int(),
  height: z.int(),
  size: z.int(),
  /** On the street. */
  url: z.string(),
  createdBy: z.string(),
  createdAt: timeSchema,
})
const shownImage = (row: ImageHead, streetUrl: string) => ({
  ...row,
  url: `${streetUrl}/media/${imageFile(row)}`,
})

const imageList = route({
  method: 'GET',
  url: '/api/v1/page-images',
  can: 'pages.read',
  summary: 'Images for pages, the newest first',
  tag,
  query: pageQuery,
  reply: pageOf(image),
  async handle({ query }, { db, config }) {
    const key = readCursor(query.cursor, z.object({ id: idSchema }))
    const rows = await selectImages(db, { before: key?.id ?? null, limit: query.limit + 1 })
    return page(
      rows.map(row => shownImage(row, config.streetUrl)),
      query.limit,
      ({ id }) => ({ id }),
    )
  },
})

const addImage = route({
  method: 'POST',
  url: '/api/v1/page-images',
  can: 'pages.edit',
  summary: `Add a PNG, JPEG, GIF or WebP image of up to ${maxImageBytes / 1024} KB; only the picture in it is kept`,
  tag,
  body: z.object({ name: pageName, data: z.base64().max(Math.ceil(maxImageBytes / 3) * 4 + 4) }),
  reply: image,
  status: 201,
  async handle({ body, actor }, { db, clock, config }) {
    const given = { name: body.name, bytes: Buffer.from(body.data, 'base64') }
    return shownImage(await keepImage(db, actor, given, clock.now()), config.streetUrl)
  },
})

type Users = { kind: string; id: string; name: string }[]

/** Where an image is shown to everybody now, and in which drafts it stands besides. */
async function usersOfImage(db: Db, id: string): Promise<{ live: Users; drafts: Users }> {
  const pages = await usedBy(db, { kind: 'image', id })
  const { kit } = await readKit(db)
  const inKit = [kit.logoImageId, kit.faviconImageId].includes(id)
  const known = new Set(pages.map(page => page.id))
  const drafts = (await draftsWith(db, id)).filter(page => !known.has(page.id))
  return {
    live: [...pages, ...(inKit ? [{ kind: 'brand-kit', id: '1', name: 'Brand kit' }] : [])],
    drafts: drafts.map(page => ({ kind: 'page', ...page })),
  }
}

const imageUses = route({
  method: 'GET',
  url: '/api/v1/page-images/:id/used-by',
  can: 'pages.read',
  summary: 'Live pages and the brand kit that show an image, and drafts in which it stands',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string(), isLive: z.boolean() })),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    if ((await imagesByIds(db, [params.id])).length === 0) throw notFound('image')
    const { live, drafts } = await usersOfImage(db, params.id)
    return {
      items: [
        ...live.map(user => ({ ...user, isLive: true })),
        ...drafts.map(user => ({ ...user, isLive: false })),
      ],
      next: null,
    }
  },
})

const removeImage = route({
  method: 'DELETE',
  url: '/api/v1/page-images/:id',
  can: 'pages.edit',
  summary: 'Delete an image; refused while a live page or the brand kit shows it',
  tag,
  params: idParams,
  reply: done,
  async handle({ params, actor }, { db }) {
    return inTransaction(db, async trx => {
      const { live } = await usersOfImage(trx, params.id)
      if (live.length > 0)
        throw conflict('in_use', `${live.map(user => user.name).join(', ')} shows this image.`, {
          usedBy: live,
        })
      if (!(await deleteImage(trx, params.id))) throw notFound('image')
      await audit(trx, actor, 'pages.image.delete', { kind: 'page-image', id: params.id })
      return { ok: true as const }
    })
  },
})

export const kitRoutes: Route[] = [
  readBrand,
  saveBrand,
  templateList,
  imageList,
  addImage,
  imageUses,
  removeImage,
]
