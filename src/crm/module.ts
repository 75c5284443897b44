import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import { exportAlerts, forgetAlerts, repointAlerts } from './alerts.contact.sql.ts'
import { alertDigestLoop, digestsPending, nextDigest } from './alerts.loop.ts'
import { alertsReactor } from './alerts.reactor.ts'
import { alertRoutes } from './alerts.routes.ts'
import { alertsStreet } from './alerts.street.ts'
import { feedRoutes } from './feed.routes.ts'

/** What passes between marketing and sales: alerts and leads. */
export const crmModule: Module = {
  name: 'crm',
  ...ownedIn({ alerts: 'crm.alert_rule' }),
  routes: [...alertRoutes, ...feedRoutes],
  street: alertsStreet,
  reactors: [alertsReactor],
  loops: [alertDigestLoop],
  pending: digestsPending,
  nextDue: nextDigest,
  forget: forgetAlerts,
  exportContact: exportAlerts,
  repoint: repointAlerts,
}
