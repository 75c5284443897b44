import type { Module } from '#engine/module.ts'
import { serveIntake } from './intake/street.ts'
import { servePageScript } from './page-script.street.ts'
import { sourceRoutes } from './sources.routes.ts'

/** How people and what they do come in: sources, the Segment-compatible intake, the page script. */
export const captureModule: Module = {
  name: 'capture',
  routes: sourceRoutes,
  async street(app, services) {
    await serveIntake(app, services)
    await servePageScript(app)
  },
}
