import { auditLength, verifyAudit } from '#access/audit.ts'
import type { Config } from '#platform/config.ts'
import { AppError } from '#platform/errors.ts'
import type { Command } from './commands.ts'
import { openRuntime } from './runtime.ts'

/** Walks the chain of the audit. Exit code 0: sound; 1: broken, with the first position that does not fit. */
async function verify(args: string[], config: Config): Promise<number> {
  if (args.length > 0) throw new AppError('bad_usage', 'tend audit verify takes no options')
  const runtime = await openRuntime(config, { borrow: true })
  try {
    const { db } = runtime.services
    const brokenAt = await verifyAudit(db)
    const words =
      brokenAt === null
        ? `The audit is sound: all ${await auditLength(db)} rows fit their chain.`
        : `The audit is broken at position ${brokenAt}: that row was altered, removed or moved.`
    process.stdout.write(`${words}\n`)
    return brokenAt === null ? 0 : 1
  } finally {
    await runtime.close()
  }
}

export const accessCommands: Command[] = [
  {
    words: 'audit verify',
    usage: 'tend audit verify',
    summary: 'Check the chain of the audit and name the first row that does not fit',
    run: verify,
  },
]
