import { z } from 'zod'
import { type Route, roles, route } from '#platform/http/route.ts'
import { roleMay } from './policy.ts'
import { roleSchema, tag } from './shapes.ts'

/** The route that tells of every action there is; it needs all routes, so app.ts hands them over. */
export function actionRoutes(all: Route[]): Route[] {
  const actions = [...new Set(all.map(each => each.can))].filter(can => can.includes('.')).sort()
  const items = actions.map(action => ({
    action,
    roles: roles.filter(role => roleMay(role, action)),
    does: all.filter(each => each.can === action).map(each => each.summary),
  }))
  return [
    route({
      method: 'GET',
      url: '/api/v1/actions',
      can: 'signed-in',
      summary: 'Every action, which roles may do it, and what it is asked for: the scopes of keys',
      tag,
      reply: z.object({
        items: z.array(
          z.object({ action: z.string(), roles: z.array(roleSchema), does: z.array(z.string()) }),
        ),
        next: z.null(),
      }),
      handle: async () => ({ items, next: null }),
    }),
  ]
}
