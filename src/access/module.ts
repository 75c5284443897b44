import type { Module } from '#engine/module.ts'
import { accessRoutes } from './access.routes.ts'
import { mountAuth } from './sessions.ts'

/** Who may use the product. It holds nothing about contacts, so there is nothing to forget or to move here. */
export const accessModule: Module = {
  name: 'access',
  routes: accessRoutes,
  transient: ['access.session', 'access.verification', 'access.throttle'],
  office: async (app, services) => mountAuth(app, services),
}
