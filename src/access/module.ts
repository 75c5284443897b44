import type { Module } from '#engine/module.ts'
import type { Policy } from '#platform/http/server.ts'
import { accessRoutes } from './access.routes.ts'
import { may } from './policy.ts'
import { checkOrigin } from './same-origin.ts'
import { authenticate, mountAuth } from './sessions.ts'

/** Who may use the product. It holds nothing about contacts, so there is nothing to forget or to move here. */
export const accessModule: Module = {
  name: 'access',
  routes: accessRoutes,
  office: async (app, services) => mountAuth(app, services),
}

/** What the office asks before every route. */
export const accessPolicy: Policy = { authenticate, may, checkOrigin }
