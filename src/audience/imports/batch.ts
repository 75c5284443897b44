import { record } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import type { Secrets } from '#platform/secrets.ts'
import { upsertContacts } from '../contacts.ts'
import { resolve } from '../identity.ts'
import { changeMembers } from '../lists.ts'
import type { Repoint } from '../repoint.ts'
import { suppressedAmong } from '../suppression.ts'
import { type Decision, decideRows, nobody, type State } from './decide.ts'
import {
  type Change,
  type Changes,
  countRows,
  insertChanges,
  insertRejects,
  selectStates,
} from './import.sql.ts'
import type { FileRow } from './read.ts'
import type { ImportOptions } from './shape.ts'
import { type Rejected, readRow, type Said, type Shelf } from './values.ts'
import { writeWords } from './words.ts'

export type Plan = {
  importId: string
  name: string
  by: string
  shelf: Shelf
  options: ImportOptions
}

export type Sorted = { said: Said[]; rejected: Rejected[]; states: Map<string, State> }

/** Reads rows and looks up whom they name. Whoever asked to be erased does not come back by a file. */
export async function sortRows(db: Db, secrets: Secrets, rows: FileRow[], plan: Plan): Promise<Sorted> {
  const read = rows.map(row => ({ row, result: readRow(row, plan.shelf) }))
  const rejected: Rejected[] = read.flatMap(({ result }) => ('reason' in result ? [result] : []))
  const named = read.flatMap(({ row, result }) => ('reason' in result ? [] : [{ row, said: result }]))
  const addresses = [...new Set(named.map(({ said }) => said.address))]
  const listIds = [...new Set([...plan.options.listIds, ...named.flatMap(({ said }) => said.listIds)])]
  const states = await selectStates(db, addresses, listIds)
  const suppressed = await suppressedAmong(db, secrets, addresses)
  for (const [address] of suppressed) {
    const state = states.get(address) ?? nobody()
    states.set(address, { ...state, suppressed: true })
  }
  const said: Said[] = []
  for (const each of named) {
    const { address } = each.said
    if (suppressed.get(address) !== 'erased') said.push(each.said)
    else
      rejected.push({
        row: each.said.row,
        reason: 'This person asked to be erased',
        detail: '',
        cells: each.row.cells,
        address,
      })
  }
  return { said, rejected, states }
}

/**
 * Takes in a batch of rows: everything in the caller's transaction, a fixed number of statements for any number of
 * rows; `before` is how many were counted until now. What a contact's first row comes to is told by what was really changed.
 */
export async function importBatch(
  trx: Db,
  services: { secrets: Secrets; repoint?: Repoint },
  rows: FileRow[],
  plan: Plan,
  at: { now: Date; before: number },
): Promise<void> {
  const { now } = at
  const { said, rejected, states } = await sortRows(trx, services.secrets, rows, plan)
  const decisions = decideRows(said, states, plan.options)
  const ids = await contactIdsOf(trx, decisions, services.repoint, now)
  const idOf = ({ said: { address } }: Decision) => ids.get(address) ?? ''
  const events = await write(
    trx,
    decisions.filter(decision => ids.has(decision.said.address)),
    { plan, idOf, now },
  )
  const changes = changesOf(events)
  await record(trx, plan.options.wakes ? events : events.map(mute))
  await insertRejects(trx, plan.importId, rejected)
  await insertChanges(trx, plan.importId, [...changes.values()])
  const counts = { added: 0, updated: 0, unchanged: 0, rejected: rejected.length }
  const seen = new Set<string>()
  const changing = Map.groupBy(
    decisions.filter(one => one.outcome !== 'unchanged'),
    idOf,
  )
  for (const decision of decisions) {
    const id = idOf(decision)
    const isFirst = decision.outcome !== 'unchanged' && !seen.has(id)
    if (isFirst) seen.add(id)
    // Rows about one person may take each other's changes back: each did something all the same.
    const otherwise = (changing.get(id)?.length ?? 0) > 1 ? decision.outcome : 'unchanged'
    counts[isFirst ? (changes.get(id)?.kind ?? otherwise) : decision.outcome] += 1
  }
  await countRows(trx, plan.importId, { ...counts, before: at.before }, at.now)
}

/** Only those about whom something is to be written get an identity; others are left as they are. */
async function contactIdsOf(
  trx: Db,
  decisions: Decision[],
  repoint: Repoint | undefined,
  now: Date,
): Promise<Map<string, string>> {
  const addresses = new Set(decisions.filter(one => one.outcome !== 'unchanged').map(one => one.said.address))
  const calls = [...addresses].map(email => ({ email, trust: 'server' as const }))
  const resolved = calls.length === 0 ? [] : await resolve(trx, calls, { now, repoint })
  return new Map(calls.map(({ email }, i) => [email, resolved[i]?.contactId ?? '']))
}

export type Writing = { plan: Plan; idOf(decision: Decision): string; now: Date }

async function write(trx: Db, decisions: Decision[], writing: Writing): Promise<NewEvent[]> {
  const { plan, idOf, now } = writing
  const source = `import of ${plan.name}`
  const patches = decisions
    .filter(({ outcome, write: values }) => outcome === 'added' || Object.keys(values).length > 0)
    .map(decision => ({ contactId: idOf(decision), ...patchOf(decision) }))
  const changed = await upsertContacts(trx, patches, { now, source })
  const joined = await changeMembers(
    trx,
    decisions.flatMap(decision =>
      decision.joins.map(listId => ({ contactId: idOf(decision), listId, in: true })),
    ),
    now,
  )
  return [...changed, ...joined, ...(await writeWords(trx, decisions, writing))]
}

/** An address that a contact has besides others is no reason to change the one he goes by. */
function patchOf({ said, outcome, write: values }: Decision): {
  email?: string
  traits: Record<string, unknown>
} {
  const { company, ...rest } = values
  const traits: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) traits[key.replace(/^attrs\./, '')] = value
  if (company !== undefined) traits.company = said.company
  return outcome === 'added' ? { email: said.address, traits } : { traits }
}

/** Segments and scores follow whatever happens; workflows do not begin by what is muted. */
const mute = (event: NewEvent): NewEvent => ({ ...event, data: { ...event.data, muted: true } })

/** What the events say was done to each contact. */
function changesOf(events: NewEvent[]): Map<string, Change> {
  const changes = new Map<string, Change>()
  for (const { contactId, type, data } of events) {
    const change: Change = changes.get(contactId) ?? {
      contactId,
      kind: 'updated',
      changes: {},
      lists: [],
      granted: false,
    }
    changes.set(contactId, change)
    if (type === 'contact.created') change.kind = 'added'
    if (type === 'contact.updated') change.changes = data?.changes as Changes
    if (type === 'list.joined') change.lists.push(String(data?.listId))
    if (type === 'consent.granted' || type === 'consent.pending') change.granted = true
  }
  return changes
}
