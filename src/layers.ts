/**
 * The order of the modules, lowest first: a file of one module may import only from modules that stand
 * before it. `tests/architecture.test.ts` reads this list and every import of the source tree.
 */
export const layers = [
  'platform',
  'engine',
  'access',
  'activity',
  'audience',
  'decisions',
  'outreach',
  'capture',
  'crm',
  'workflows',
  'insight',
  'stewardship',
] as const
