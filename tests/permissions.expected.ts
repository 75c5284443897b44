import type { Role } from '#platform/http/route.ts'

const owners: Role[] = ['owner']
const admins: Role[] = ['owner', 'admin']
const builders: Role[] = [...admins, 'marketer']
const thinkers: Role[] = [...builders, 'analyst']
const carers: Role[] = [...builders, 'sales']
const everybody: Role[] = [...thinkers, 'sales', 'viewer']

/** Actions of one resource with those who may do them. */
function of(resource: string, verbs: Record<string, Role[]>): [string, Role[]][] {
  return Object.entries(verbs).map(([verb, roles]) => [`${resource}.${verb}`, roles])
}

/**
 * Who may do what, said a second time and by hand: the policy is held against this, so that a change of the one
 * without the other fails. A route whose action stands not here fails too.
 */
export const expected = new Map<string, Role[]>([
  ['signed-in', everybody],
  ...of('alerts', { read: everybody, preview: thinkers, edit: builders, publish: builders }),
  ...of('audit', { read: admins }),
  ...of('campaigns', { read: everybody, preview: thinkers, edit: builders, publish: builders }),
  ...of('companies', { read: everybody, edit: carers }),
  ...of('consents', { read: everybody, edit: carers }),
  ...of('contacts', { read: everybody, edit: carers, bulk: builders, delete: builders, merge: builders }),
  ...of('crm', { read: builders, edit: admins }),
  ...of('emails', { read: everybody, preview: everybody, edit: builders, publish: builders }),
  ...of('events', { read: everybody }),
  ...of('exports', { read: thinkers, create: thinkers, download: thinkers }),
  ...of('fields', { read: everybody, edit: builders }),
  ...of('forms', { read: everybody, edit: builders, publish: builders }),
  ...of('imports', { read: thinkers, preview: thinkers, edit: builders }),
  ...of('jobs', { read: everybody, edit: builders }),
  ...of('keys', { read: admins, edit: admins }),
  ...of('leads', { read: [...thinkers, 'sales'], edit: carers }),
  ...of('lists', { read: everybody, edit: builders }),
  ...of('messages', { read: everybody, pause: builders }),
  ...of('overview', { read: everybody }),
  ...of('pages', { read: everybody, edit: builders, publish: builders }),
  ...of('privacy', { read: builders, edit: admins, export: admins }),
  ...of('reports', { read: everybody }),
  ...of('sandbox', { read: everybody, edit: builders }),
  ...of('scores', { read: everybody, preview: thinkers, edit: builders, publish: builders }),
  ...of('search', { read: everybody }),
  ...of('segments', {
    read: everybody,
    preview: everybody,
    edit: builders,
    publish: builders,
    pause: builders,
    archive: builders,
    delete: builders,
  }),
  ...of('settings', { edit: admins }),
  ...of('sources', { read: builders, edit: admins }),
  ...of('suppressions', { edit: builders }),
  ...of('system', { read: thinkers, edit: admins }),
  ...of('topics', { read: everybody, edit: builders }),
  ...of('users', { read: everybody, edit: admins, rule: owners }),
  ...of('webhooks', { read: admins, edit: admins }),
  ...of('workflows', { read: everybody, edit: builders, publish: builders, enrol: builders }),
])
