import { z } from 'zod'
import { type Route, roles, route } from '#platform/http/route.ts'
import { auditRoutes } from './audit.routes.ts'
import { invitationRoutes } from './invitations.routes.ts'
import { keyRoutes } from './keys.routes.ts'
import { meRoutes } from './me.routes.ts'
import { peopleRoutes } from './people.routes.ts'
import { isAction, roleMay, roleSentences } from './policy.ts'
import { roleSchema, tag } from './shapes.ts'
import { viewRoutes } from './views.routes.ts'

const roleList = route({
  method: 'GET',
  url: '/api/v1/roles',
  can: 'signed-in',
  summary: 'The roles in words, and which of the asked actions each may do',
  tag,
  query: z.object({ actions: z.string().max(2000).optional() }),
  reply: z.object({
    items: z.array(z.object({ role: roleSchema, sentence: z.string(), may: z.array(z.string()) })),
  }),
  async handle({ query }) {
    const actions = (query.actions ?? '').split(',').filter(isAction)
    return {
      items: roles.map(role => ({
        role,
        sentence: roleSentences[role],
        may: actions.filter(action => roleMay(role, action)),
      })),
    }
  },
})

export const accessRoutes: Route[] = [
  ...meRoutes,
  ...peopleRoutes,
  ...invitationRoutes,
  ...keyRoutes,
  ...auditRoutes,
  ...viewRoutes,
  roleList,
]
