import type { ObjectMap } from './mapping.ts'
import type { Run } from './run.ts'

/** Placeholder until deals land. */
export async function pullRoles(_run: Run, _object: ObjectMap): Promise<void> {}
