import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import { domainLoop } from './domains.loop.ts'
import { domainRoutes } from './domains.routes.ts'
import { serveFormScript } from './form-script.street.ts'
import { exportSubmissions, forgetSubmissions, repointSubmissions } from './forms/contact.sql.ts'
import { serveFormApi } from './forms.api.street.ts'
import { assetRoutes } from './forms.assets.routes.ts'
import { formTestRoutes } from './forms.comparison.routes.ts'
import { formFileRoutes } from './forms.files.routes.ts'
import { formLoop } from './forms.loop.ts'
import { formRoutes } from './forms.routes.ts'
import { serveFormPages } from './forms.street.ts'
import { submissionRoutes } from './forms.submissions.routes.ts'
import { serveIntake } from './intake/street.ts'
import { servePageScript } from './page-script.street.ts'
import { kitRoutes } from './pages.kit.routes.ts'
import { livePageRoutes } from './pages.live.routes.ts'
import { nextPage, pageLoop, pagesPending } from './pages.loop.ts'
import { pageResultRoutes } from './pages.results.routes.ts'
import { pageRoutes } from './pages.routes.ts'
import { servePages } from './pages.street.ts'
import { sourceRoutes } from './sources.routes.ts'

/** How people and what they do come in: sources, the Segment-compatible intake, the page script. */
export const captureModule: Module = {
  name: 'capture',
  ...ownedIn({ pages: 'capture.page', forms: 'capture.form' }),
  routes: [
    ...sourceRoutes,
    ...formRoutes,
    ...formTestRoutes,
    ...submissionRoutes,
    ...formFileRoutes,
    ...assetRoutes,
    ...pageRoutes,
    ...livePageRoutes,
    ...pageResultRoutes,
    ...kitRoutes,
    ...domainRoutes,
  ],
  async street(app, services) {
    await serveIntake(app, services)
    await servePageScript(app)
    await serveFormScript(app, services)
    await app.register(async scope => serveFormApi(scope, services))
    await app.register(async scope => serveFormPages(scope, services))
    await app.register(async scope => servePages(scope, services))
  },
  loops: [pageLoop, formLoop, domainLoop],
  pending: pagesPending,
  nextDue: nextPage,
  forget: forgetSubmissions,
  exportContact: async (db, contactId) => ({ submissions: await exportSubmissions(db, contactId) }),
  repoint: repointSubmissions,
}
