import { CrmError, type DealRole } from '../../connector.ts'
import { pieces } from '../kit/pages.ts'
import { asObject, asText } from '../kit/values.ts'
import type { Dataverse, Row } from './client.ts'
import { isGuid } from './tables.ts'

const perFilter = 40
const contactCode = 2

/**
 * Who plays which part in a deal: its contact first, and then its stakeholders, who are joined to it by connections with
 * a role. Whoever may not read connections still has the contact.
 */
export async function rolesOf(dataverse: Dataverse, dealIds: string[]): Promise<DealRole[]> {
  const found: DealRole[] = []
  for (const some of pieces(dealIds.filter(isGuid), perFilter)) {
    const deals = await dataverse.rows('/opportunities', {
      $select: 'opportunityid,_parentcontactid_value',
      $filter: `(${some.map(id => `opportunityid eq ${id}`).join(' or ')}) and _parentcontactid_value ne null`,
    })
    const main = deals.map(row => roleOf(row.opportunityid, row._parentcontactid_value, null, true))
    const joined = (await connections(dataverse, some)).map(row =>
      roleOf(row._record1id_value, row._record2id_value, asText(asObject(row.record2roleid).name), false),
    )
    const isMain = (one: DealRole) =>
      main.some(each => each.dealId === one.dealId && each.person.id === one.person.id)
    // The contact of a deal who is also joined to it has the role of that.
    found.push(
      ...main.filter(
        each => !joined.some(one => one.dealId === each.dealId && one.person.id === each.person.id),
      ),
    )
    found.push(...joined.map(one => ({ ...one, primary: isMain(one) })))
  }
  return found
}

const roleOf = (deal: unknown, person: unknown, role: string | null, primary: boolean): DealRole => ({
  dealId: asText(deal),
  person: { type: 'contact', id: asText(person) },
  role: role || null,
  primary,
})

async function connections(dataverse: Dataverse, deals: string[]): Promise<Row[]> {
  try {
    return await dataverse.rows('/connections', {
      $select: '_record1id_value,_record2id_value',
      $expand: 'record2roleid($select=name)',
      $filter: `(${deals.map(id => `_record1id_value eq ${id}`).join(' or ')}) and record2objecttypecode eq ${contactCode} and statecode eq 0`,
    })
  } catch (error) {
    if (error instanceof CrmError && ['denied', 'gone', 'schema'].includes(error.failure.kind)) return []
    throw error
  }
}
