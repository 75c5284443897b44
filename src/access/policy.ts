import type { Actor, Role } from '#platform/http/route.ts'

/** What each role is for, in words for the screen. */
export const roleSentences: Record<Role, string> = {
  owner: 'Everything, including who else is an owner.',
  admin: 'Everything except naming owners: people, keys, sources and settings too.',
  marketer: 'Builds and runs: contacts, segments, scores, emails, workflows.',
  analyst: 'Reads everything about marketing, tries out segments and scores, changes nothing that runs.',
  sales: 'Works with contacts and companies; reads what they were sent and why.',
  viewer: 'Reads what is defined and how it does.',
}

/** What marketing works with. An action is `<resource>.<verb>`, `segments.publish`. */
const marketing = [
  'contacts',
  'companies',
  'fields',
  'lists',
  'consents',
  'segments',
  'scores',
  'emails',
  'messages',
  'workflows',
  'campaigns',
  'alerts',
  'leads',
  'forms',
  'pages',
  'events',
  'imports',
  'exports',
  'reports',
  'overview',
  'search',
  'jobs',
  'tags',
  'templates',
  'topics',
  'experiments',
]
/** What belongs to running the installation. */
const running = [
  'users',
  'keys',
  'sources',
  'sandbox',
  'system',
  'settings',
  'audit',
  'access',
  'crm',
  'suppressions',
  'privacy',
  'webhooks',
]
const resources = new Set([...marketing, ...running])

const definitions = [
  'segments',
  'scores',
  'emails',
  'workflows',
  'campaigns',
  'alerts',
  'forms',
  'pages',
  'reports',
  'overview',
]
const people = [
  'contacts',
  'companies',
  'messages',
  'consents',
  'events',
  'lists',
  'fields',
  'search',
  'topics',
  'tags',
]

/** What the frame around every screen shows. */
const shell = ['users.read', 'sandbox.read', 'jobs.read']

const allOf = (names: string[], verb: string) => names.map(name => `${name}.${verb}`)

/**
 * Who may do what: patterns of actions by role. What no pattern names is refused, so a new resource is closed
 * to all but owners and admins until somebody decides.
 */
const grants: Record<Role, string[]> = {
  owner: ['*'],
  admin: ['*'],
  marketer: [
    ...allOf(marketing, '*'),
    ...allOf(['sandbox', 'suppressions'], '*'),
    ...allOf(['users', 'sources', 'system', 'crm', 'privacy'], 'read'),
  ],
  analyst: [
    ...allOf(marketing, 'read'),
    ...allOf(marketing, 'preview'),
    'reports.*',
    'exports.*',
    'users.read',
    'sandbox.read',
    'system.read',
  ],
  sales: [
    ...allOf([...people, ...definitions], 'read'),
    ...allOf(['contacts', 'companies', 'consents', 'leads'], 'edit'),
    'leads.read',
    ...allOf(['segments', 'emails'], 'preview'),
    ...shell,
  ],
  viewer: [
    ...allOf([...definitions, ...people], 'read'),
    ...allOf(['segments', 'emails'], 'preview'),
    ...shell,
  ],
}

/** Of these even an admin is not master. */
const owners = new Set(['users.name-owner', 'users.rule'])

function covers(pattern: string, action: string): boolean {
  if (pattern === '*' || pattern === action) return true
  return pattern.endsWith('.*') && action.startsWith(pattern.slice(0, -1))
}

/** Whether this word is an action: a known resource and a verb, or one of the two words about everybody. */
export function isAction(action: string): boolean {
  const [resource, verb, ...rest] = action.split('.')
  if (action === 'anybody' || action === 'signed-in') return true
  return resources.has(resource ?? '') && Boolean(verb) && rest.length === 0
}

/** Whether this pattern can stand in an API key's scopes: `*`, `segments.*` or an action. */
export function isScope(pattern: string): boolean {
  return pattern === '*' || isAction(pattern)
}

/** Whether `role` alone would allow the action. */
export function roleMay(role: Role, action: string): boolean {
  if (role !== 'owner' && owners.has(action)) return false
  return grants[role].some(pattern => covers(pattern, action))
}

/**
 * The one question that every route asks. A key may do what its role may do and its scopes name; the system
 * itself may do everything; nobody (`null`) may do only what `anybody` may.
 */
export function may(actor: Actor | null, action: string): boolean {
  if (action === 'anybody') return true
  if (!actor) return false
  if (action === 'signed-in') return true
  if (actor.kind === 'system' && actor.scopes === null) return true
  if (!roleMay(actor.role, action)) return false
  return actor.scopes === null || actor.scopes.some(scope => covers(scope, action))
}
