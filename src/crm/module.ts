import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import type { Db } from '#platform/db/db.ts'
import { alertRuleRoutes } from './alert-rules.routes.ts'
import { exportAlerts, forgetAlerts, repointAlerts } from './alerts.contact.sql.ts'
import { alertDigestLoop, digestsPending, nextDigest } from './alerts.loop.ts'
import { alertsReactor } from './alerts.reactor.ts'
import { alertRoutes } from './alerts.routes.ts'
import { alertsStreet } from './alerts.street.ts'
import { connectionRoutes } from './connections.routes.ts'
import { connectors } from './connectors/all.ts'
import { crmLoop } from './crm.loop.ts'
import { crmReactor } from './crm.reactor.ts'
import { changesPending, changesWaiting, crmHealth, nextChange } from './engine.ts'
import { feedRoutes } from './feed.routes.ts'
import { hooksStreet } from './hooks.street.ts'
import { crmRoutes } from './issues.routes.ts'
import { checkJob, loadJob } from './load.jobs.ts'
import { exportPerson, forgetPeople, repointPerson } from './people.ts'
import { enlist } from './registry.ts'
import { resyncRoutes } from './resync.routes.ts'
import { signInRoutes } from './sign-in.routes.ts'

enlist(connectors)

async function soonest(db: Db, now: Date): Promise<Date | null> {
  const times = (await Promise.all([nextDigest(db, now), nextChange(db, now)])).flatMap(at => at ?? [])
  return times.length === 0 ? null : new Date(Math.min(...times.map(at => at.getTime())))
}

/** What passes between marketing and sales: the people both know, in step with the CRM; alerts and leads. */
export const crmModule: Module = {
  name: 'crm',
  ...ownedIn({ crm: 'crm.connection', alerts: 'crm.alert_rule' }),
  routes: [
    ...connectionRoutes,
    ...signInRoutes,
    ...crmRoutes,
    ...resyncRoutes,
    ...alertRuleRoutes,
    ...alertRoutes,
    ...feedRoutes,
  ],
  async street(app, services) {
    await app.register(async scope => hooksStreet(scope, services))
    await alertsStreet(app, services)
  },
  reactors: [crmReactor, alertsReactor],
  jobs: [checkJob, loadJob],
  loops: [crmLoop, alertDigestLoop],
  pending: async (db, now) => (await digestsPending(db, now)) + (await changesPending(db, now)),
  nextDue: soonest,
  waiting: db => changesWaiting(db),
  transient: ['crm.sighting'],
  health: ({ db }) => crmHealth(db),
  async forget(trx, contactIds) {
    await forgetPeople(trx, contactIds)
    await forgetAlerts(trx, contactIds)
  },
  exportContact: async (db, contactId) => ({
    crm: await exportPerson(db, contactId),
    alerts: await exportAlerts(db, contactId),
  }),
  async repoint(trx, from, to) {
    await repointPerson(trx, from, to)
    await repointAlerts(trx, from, to)
  },
}
