// Reads what the outside saw (the letters that the mail server took) and what the database says, and names every
// promise that is broken. The numbers of the promises:
//  I1 nobody is mailed twice          I2 everybody is accounted for, and what counts as sent has arrived
//  I3 no mail begins a second after an opt-out     I4 what was acknowledged is stored
//  I5 in doubt is at most what stood on open lines I6 caps hold      I7 counters equal the ledger
//  I8 nobody reads another's data     I9 steps follow the graph, once each
//  I10 the chain of the audit holds
import { verifyAudit } from '#access/audit.ts'
import { many, one, sql } from '#platform/db/db.ts'
import type { Letter } from '../harness/smtp-sink.ts'
import type { Town } from './town.ts'

export type Outside = {
  /** Opt-outs: address and the moment (performance.now) at which its transaction was committed. */
  optedOut?: Map<string, number>
  /** Message ids of events whose sender was told yes. */
  acknowledged?: string[]
  /** The most messages that the faults of this run may leave in doubt. */
  mostUnknown?: number
  /** Contacts that were deleted on purpose. */
  erased?: Set<string>
}

/** Every broken promise as a sentence; an empty list is what a test wants. */
export async function check(town: Town, outside: Outside = {}): Promise<string[]> {
  const parts = await Promise.all([
    checkOnce(town),
    checkAccounted(town, outside),
    checkOptOuts(town, outside),
    checkAcknowledged(town, outside),
    checkCounters(town, outside),
    checkOwnDataOnly(town),
    checkSteps(town),
    checkAudit(town),
  ])
  return parts.flat()
}

const addressOf = (letter: Letter) => letter.to.toLowerCase()

function checkOnce({ sink }: Town): string[] {
  const seen = new Map<string, number>()
  for (const letter of sink.letters) seen.set(addressOf(letter), (seen.get(addressOf(letter)) ?? 0) + 1)
  return [...seen].filter(([, n]) => n > 1).map(([to, n]) => `I1: ${to} was mailed ${n} times`)
}

async function checkAccounted(town: Town, { mostUnknown = 0, erased }: Outside): Promise<string[]> {
  const { db } = town.services
  const rows = await many<{ contactId: string; state: string | null; recipient: string | null }>(
    db,
    sql`select e.contact_id as "contactId", m.state, m.recipient
      from (select distinct contact_id from activity.event where name = 'Paper asked') e
      left join outreach.message m on m.contact_id = e.contact_id`,
  )
  const final = new Set(['sent', 'failed', 'suppressed', 'unknown', 'cancelled'])
  const got = new Set(town.sink.letters.map(addressOf))
  const broken: string[] = []
  for (const { contactId, state, recipient } of rows) {
    if (erased?.has(contactId)) continue
    if (state === null) broken.push(`I2: ${contactId} asked and got no message`)
    else if (!final.has(state)) broken.push(`I2: the message to ${contactId} is still ${state}`)
    else if (state === 'sent' && !got.has(recipient ?? ''))
      broken.push(`I2: ${recipient} is sent in the ledger and never arrived`)
  }
  const known = new Set(rows.filter(row => /sent|unknown/.test(row.state ?? '')).map(row => row.recipient))
  if (!erased)
    for (const to of got) if (!known.has(to)) broken.push(`I2: ${to} got a letter that the ledger denies`)
  const unknown = rows.filter(row => row.state === 'unknown').length
  if (unknown > mostUnknown) broken.push(`I5: ${unknown} are in doubt, at most ${mostUnknown} may be`)
  return broken
}

function checkOptOuts({ sink }: Town, { optedOut }: Outside): string[] {
  return sink.letters
    .filter(letter => letter.begunAt > (optedOut?.get(addressOf(letter)) ?? Number.POSITIVE_INFINITY) + 1000)
    .map(letter => `I3: ${letter.to} was mailed more than a second after opting out`)
}

async function checkAcknowledged({ services }: Town, { acknowledged = [] }: Outside): Promise<string[]> {
  const rows = await many<{ messageId: string }>(
    services.db,
    sql`select data->'properties'->>'nr' as "messageId" from activity.event where name = 'Acknowledged'`,
  )
  const stored = new Map<string, number>()
  for (const { messageId } of rows) stored.set(messageId, (stored.get(messageId) ?? 0) + 1)
  const lost = acknowledged
    .filter(id => !stored.has(id))
    .map(id => `I4: event ${id} was acknowledged and lost`)
  const twice = [...stored].filter(([, n]) => n > 1).map(([id, n]) => `I4: event ${id} is stored ${n} times`)
  return [...lost, ...twice]
}

/** Who is erased has passed all the same: counters keep him, the ledger does not. */
async function checkCounters({ services }: Town, { erased }: Outside): Promise<string[]> {
  const rows = await many<{ node: string; shown: number; counted: number }>(
    services.db,
    sql`select coalesce(t.node, s.node) as node, coalesce(t.n, 0)::int as shown, coalesce(s.n, 0)::int as counted
      from (select node, exit, sum(n) as n from workflows.tally group by node, exit) t
      full join (select node, exit, count(*) as n from workflows.step group by node, exit) s
        on s.node = t.node and s.exit = t.exit`,
  )
  return rows
    .filter(row => row.shown < row.counted || row.shown > row.counted + (erased?.size ?? 0))
    .map(row => `I7: step ${row.node} shows ${row.shown}, the ledger holds ${row.counted}`)
}

function checkOwnDataOnly({ sink }: Town): string[] {
  return sink.letters.flatMap(letter => {
    const own = letter.to.split('@')[0] ?? ''
    // Quoted-printable breaks lines with "=" at their end.
    const text = letter.raw.toString('latin1').replaceAll(/=\r?\n/g, '')
    const names = new Set(Array.from(text.matchAll(/Name-([0-9a-f]{12})/g), match => match[1]))
    const foreign = [...names].filter(name => name !== own)
    return foreign.length > 0 || !names.has(own) ? [`I8: the letter to ${letter.to} names ${[...names]}`] : []
  })
}

async function checkSteps({ services }: Town): Promise<string[]> {
  const { wrong, doubled } = await one<{ wrong: number; doubled: number }>(
    services.db,
    sql`select
      (select count(*)::int from (
        select string_agg(node, ',' order by id) as path from workflows.step group by contact_id, enrolment_id) p
        where path <> 'mark,mail,end') as wrong,
      (select count(*)::int from (
        select contact_id from workflows.enrolment group by contact_id, workflow_id having count(*) > 1) d) as doubled`,
  )
  return [
    ...(wrong > 0 ? [`I9: ${wrong} participants took another way than the graph`] : []),
    ...(doubled > 0 ? [`I9: ${doubled} contacts are in the workflow twice`] : []),
  ]
}

/** A crash between two rows, or two writers at once, must not leave a gap or a row that hangs on nothing. */
async function checkAudit({ services }: Town): Promise<string[]> {
  const brokenAt = await verifyAudit(services.db)
  return brokenAt === null ? [] : [`I10: the chain of the audit is broken at position ${brokenAt}`]
}
