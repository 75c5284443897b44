import { run, sql } from '#platform/db/db.ts'
import { defineJob } from '#platform/jobs.ts'
import { type Plan, type Sorted, sortRows } from './batch.ts'
import { type Decision, decideRows } from './decide.ts'
import { readRows } from './read.ts'
import { importInput, readyImport } from './run.job.ts'
import type { DryRun } from './shape.ts'
import { loadShelf } from './shelf.ts'

const batchSize = 5_000
const shownReasons = 20
const shownExamples = 5

/** Goes through the whole file as the import would, and writes nothing but what it found. */
export const importCheck = defineJob({
  name: 'import-check',
  input: importInput,
  title: ({ name }) => `Dry run of ${name}`,
  async run(job, { db, secrets }) {
    const found = await readyImport(db, job.input.importId)
    const { id, name, dialect, mapping, options } = found
    const shelf = await loadShelf(db, mapping)
    const plan: Plan = { importId: id, name, by: found.createdBy, shelf, options }
    const tally = emptyTally()
    const seen = new Set<number>()
    for await (const rows of readRows(db, id, dialect, { after: 0, size: batchSize })) {
      const sorted = await sortRows(db, secrets, rows, plan)
      count(tally, sorted, decideRows(sorted.said, sorted.states, options), seen)
      tally.rows += rows.length
      await job.save({ done: tally.rows })
    }
    const reasons = [...tally.byReason].map(([reason, rest]) => ({ reason, ...rest }))
    const { byReason: _, ...rest } = tally
    const dry: DryRun = {
      ...rest,
      reasons: reasons.toSorted((a, b) => b.count - a.count).slice(0, shownReasons),
    }
    // Whoever changed the mapping meanwhile has asked for another dry run.
    await run(
      db,
      sql`
      update audience.import set dry = ${JSON.stringify(dry)}::jsonb
      where id = ${id}::bigint and stage = 'ready' and check_job = ${job.id}::bigint`,
    )
  },
})

type Tally = Omit<DryRun, 'reasons'> & { byReason: Map<string, Omit<DryRun['reasons'][number], 'reason'>> }

const emptyTally = (): Tally => ({
  rows: 0,
  added: 0,
  updated: 0,
  unchanged: 0,
  rejected: 0,
  repeated: 0,
  suppressed: 0,
  asked: 0,
  examples: [],
  byReason: new Map(),
})

function count(tally: Tally, sorted: Sorted, decisions: Decision[], seen: Set<number>): void {
  for (const { row, reason, detail } of sorted.rejected) {
    tally.rejected += 1
    const entry = tally.byReason.get(reason) ?? { count: 0, examples: [] }
    entry.count += 1
    if (entry.examples.length < shownExamples) entry.examples.push({ row, text: detail.slice(0, 200) })
    tally.byReason.set(reason, entry)
  }
  for (const decision of decisions) {
    const { outcome, said } = decision
    const print = fingerprint(said.address)
    const isRepeated = seen.has(print)
    seen.add(print)
    tally[isRepeated ? 'repeated' : outcome] += 1
    if (outcome === 'added' && sorted.states.get(said.address)?.suppressed) tally.suppressed += 1
    if (decision.asks) tally.asked += 1
    if (!isRepeated) addExample(tally, decision)
  }
}

function addExample({ examples }: Tally, { outcome, said, write, before }: Decision): void {
  if (examples.filter(example => example.outcome === outcome).length >= shownExamples) return
  const changes = Object.entries(write).map(([field, to]) => ({
    field,
    from: before[field] == null ? null : String(before[field]).slice(0, 200),
    to: String(field === 'company' ? (said.company?.name ?? to) : to).slice(0, 200),
  }))
  examples.push({ row: said.row, outcome, address: said.address, changes: changes.slice(0, 12) })
}

/**
 * 52 bits of an address (cyrb53): of a million different ones, two share a print once in twenty thousand files, and a
 * million prints take a fifth of the memory.
 */
function fingerprint(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
