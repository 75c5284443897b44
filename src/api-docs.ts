import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { renderDocs } from './api-docs/render.ts'
import { isJson } from './api-docs/schema.ts'

const fileOf = (name: string) => readFileSync(new URL(`./api-docs/${name}`, import.meta.url), 'utf8')

/** GET /api/docs: the API for people to read, made from its own description at the first look. Nothing is loaded from elsewhere. */
export function serveApiDocs(app: FastifyInstance, given: { officeUrl: string }): void {
  const files = [
    { path: '/api/docs/style.css', type: 'text/css; charset=utf-8', body: fileOf('style.css') },
    { path: '/api/docs/script.js', type: 'text/javascript; charset=utf-8', body: fileOf('script.js') },
  ]
  let page: string | null = null
  app.get('/api/docs', { schema: { hide: true } }, async (_request, reply) => {
    const description: unknown = app.swagger()
    page ??= renderDocs(isJson(description) ? description : {}, given)
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  })
  for (const { path, type, body } of files)
    app.get(path, { schema: { hide: true } }, async (_request, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(body),
    )
}
