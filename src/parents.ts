import { type Db, maybeOne, type RawBuilder, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Route } from '#platform/http/route.ts'

/** What stands in an address before an id, as people call one of them, and where it is looked up. */
const parents: Record<string, { noun: string; there: (id: string) => RawBuilder<unknown> }> = {
  contacts: {
    noun: 'contact',
    // Visitors have no profile, and records that were merged lead to the one that stayed.
    there: id => sql`
      select from audience.contact where id = ${id}::bigint
      union all select from audience.identity where contact_id = ${id}::bigint
      union all select from audience.redirect where contact_id = ${id}::bigint limit 1`,
  },
  segments: { noun: 'segment', there: id => sql`select from decisions.segment where id = ${id}::bigint` },
  'score-models': {
    noun: 'score model',
    there: id => sql`select from decisions.score_model where id = ${id}::bigint`,
  },
  emails: { noun: 'email', there: id => sql`select from outreach.email where id = ${id}::bigint` },
  webhooks: { noun: 'webhook', there: id => sql`select from outreach.endpoint where id = ${id}::bigint` },
  sources: { noun: 'source', there: id => sql`select from capture.source where id = ${id}::bigint` },
  workflows: { noun: 'workflow', there: id => sql`select from workflows.workflow where id = ${id}::bigint` },
}

async function requireParent(db: Db, collection: string, id: string): Promise<void> {
  const parent = parents[collection]
  if (parent && !(await maybeOne(db, parent.there(id)))) throw notFound(parent.noun)
}

/**
 * A question about a part of something that does not exist is 404 and not an empty answer, whatever the room that
 * answers it looks at. One look-up by key before the answer; a test walks all routes.
 */
export function withParents(routes: Route[]): Route[] {
  return routes.map(route => {
    const [, collection] = /^\/api\/v1\/([a-z-]+)\/:id\/./.exec(route.url) ?? []
    if (route.method !== 'GET' || !collection || !(collection in parents)) return route
    return {
      ...route,
      async handle(input, services) {
        const { id } = input.params as { id: string }
        await requireParent(services.db, collection, id)
        return route.handle(input, services)
      },
    }
  })
}
