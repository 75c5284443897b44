import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router'
import { NotFound } from '@/shell/not-found'
import { Shell } from '@/shell/shell'

const root = createRootRoute({ notFoundComponent: NotFound })
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('@/shell/sign-in-screen'), 'SignInScreen'),
})
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

/** Filters, sort and tab live in the address: every screen may keep plain words there. */
const search = (given: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, String(value)]],
    ),
  )

type Screen = Parameters<typeof lazyRouteComponent>[0]

function screen(path: string, load: Screen, name: string) {
  return createRoute({
    getParentRoute: () => shell,
    path,
    validateSearch: search,
    component: lazyRouteComponent(load, name as never),
  })
}

/** Every screen is its own chunk: the shell stays small. */
export const screens = [
  screen('/', () => import('@/home/home-screen'), 'HomeScreen'),
  screen('/contacts', () => import('@/audience/contacts-screen'), 'ContactsScreen'),
  screen('/contacts/$id', () => import('@/audience/contact-screen'), 'ContactScreen'),
  screen('/companies', () => import('@/audience/companies-screen'), 'CompaniesScreen'),
  screen('/companies/$id', () => import('@/audience/company-screen'), 'CompanyScreen'),
  screen('/imports', () => import('@/audience/imports-screen'), 'ImportsScreen'),
  screen('/imports/$id', () => import('@/audience/import-screen'), 'ImportScreen'),
  screen('/exports', () => import('@/insight/exports-screen'), 'ExportsScreen'),
  screen('/duplicates', () => import('@/stewardship/duplicates-screen'), 'DuplicatesScreen'),
  screen('/data-quality', () => import('@/stewardship/quality-screen'), 'QualityScreen'),
  screen('/settings/lists/$id', () => import('@/audience/list-screen'), 'ListScreen'),
  screen('/segments', () => import('@/decisions/segments-screen'), 'SegmentsScreen'),
  screen('/segments/$id', () => import('@/decisions/segment-screen'), 'SegmentScreen'),
  screen('/scoring', () => import('@/decisions/scoring-screen'), 'ScoringScreen'),
  screen('/scoring/$id', () => import('@/decisions/score-model-screen'), 'ScoreModelScreen'),
  screen('/workflows', () => import('@/workflows/workflows-screen'), 'WorkflowsScreen'),
  screen('/workflows/$id', () => import('@/workflows/workflow-screen'), 'WorkflowScreen'),
  screen('/campaigns', () => import('@/outreach/campaigns-screen'), 'CampaignsScreen'),
  screen('/campaigns/$id', () => import('@/outreach/campaign-screen'), 'CampaignScreen'),
  screen('/emails', () => import('@/outreach/emails-screen'), 'EmailsScreen'),
  screen('/emails/$id', () => import('@/outreach/email-screen'), 'EmailScreen'),
  screen('/deliveries', () => import('@/outreach/deliveries-screen'), 'DeliveriesScreen'),
  screen('/mailbox', () => import('@/outreach/mailbox-screen'), 'MailboxScreen'),
  screen('/leads', () => import('@/sales/leads-screen'), 'LeadsScreen'),
  screen('/forms', () => import('@/capture/forms/forms-screen'), 'FormsScreen'),
  screen('/forms/$id', () => import('@/capture/forms/form-screen'), 'FormScreen'),
  screen('/pages', () => import('@/capture/pages/pages-screen'), 'PagesScreen'),
  screen('/pages/brand', () => import('@/capture/pages/brand-screen'), 'BrandScreen'),
  screen('/pages/images', () => import('@/capture/pages/images-screen'), 'ImagesScreen'),
  screen('/pages/domains', () => import('@/capture/pages/domains-screen'), 'DomainsScreen'),
  screen('/pages/$id', () => import('@/capture/pages/page-screen'), 'PageScreen'),
  screen('/alerts', () => import('@/sales/alerts-screen'), 'AlertsScreen'),
  screen('/alerts/$id', () => import('@/sales/alert-screen'), 'AlertScreen'),
  screen('/crm', () => import('@/crm/crm-screen'), 'CrmScreen'),
  screen('/crm/signed-in', () => import('@/crm/signed-in-screen'), 'SignedInScreen'),
  screen('/crm/$id', () => import('@/crm/connection-screen'), 'ConnectionScreen'),
  screen('/reports', () => import('@/insight/reports-screen'), 'ReportsScreen'),
  screen('/reports/$report', () => import('@/insight/report-screen'), 'ReportScreen'),
  screen('/reviews', () => import('@/stewardship/reviews-screen'), 'ReviewsScreen'),
  screen('/settings/sources', () => import('@/settings/sources-screen'), 'SourcesScreen'),
  screen('/settings/fields', () => import('@/settings/fields-screen'), 'FieldsScreen'),
  screen('/settings/lists', () => import('@/settings/lists-screen'), 'ListsScreen'),
  screen('/settings/consent', () => import('@/settings/consent-screen'), 'ConsentScreen'),
  screen('/settings/sending', () => import('@/settings/sending-screen'), 'SendingScreen'),
  screen('/settings/privacy', () => import('@/settings/privacy-screen'), 'PrivacyScreen'),
  screen('/settings/privacy/requests', () => import('@/settings/privacy-requests'), 'PrivacyRequestsScreen'),
  screen('/settings/team', () => import('@/settings/team-screen'), 'TeamScreen'),
  screen('/settings/keys', () => import('@/settings/keys-screen'), 'KeysScreen'),
  screen('/settings/audit', () => import('@/settings/audit-screen'), 'AuditScreen'),
  screen('/settings/webhooks', () => import('@/settings/webhooks-screen'), 'WebhooksScreen'),
  screen('/settings/webhooks/$id', () => import('@/settings/webhook-screen'), 'WebhookScreen'),
  screen('/settings/account', () => import('@/settings/account-screen'), 'AccountScreen'),
  screen('/system', () => import('@/settings/system-screen'), 'SystemScreen'),
]

/** An address that is no screen's still has the frame around it. */
const unknown = createRoute({ getParentRoute: () => shell, path: '$', component: NotFound })

export const router = createRouter({
  // Words stay words: read as JSON, a 63-bit id would lose its last digits.
  parseSearch: parseSearchWith(text => text),
  stringifySearch: stringifySearchWith(String),
  routeTree: root.addChildren([signIn, shell.addChildren([...screens, unknown])]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})
