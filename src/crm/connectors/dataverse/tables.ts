import type { ObjectRole } from '../../connector.ts'

/** The tables that are read, with the names they have everywhere. */
export const tables: { type: string; label: string; role: ObjectRole; set: string; id: string }[] = [
  { type: 'systemuser', label: 'User', role: 'user', set: 'systemusers', id: 'systemuserid' },
  { type: 'account', label: 'Account', role: 'company', set: 'accounts', id: 'accountid' },
  { type: 'contact', label: 'Contact', role: 'contact', set: 'contacts', id: 'contactid' },
  { type: 'lead', label: 'Lead', role: 'lead', set: 'leads', id: 'leadid' },
  { type: 'opportunity', label: 'Opportunity', role: 'deal', set: 'opportunities', id: 'opportunityid' },
  { type: 'task', label: 'Task', role: 'task', set: 'tasks', id: 'activityid' },
]

export const tableOf = (type: string) => tables.find(each => each.type === type)

export const isGuid = (id: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)

/** A text as OData has it. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** When a task is due: a moment there, a day to Tend. */
export const dueDay = 'scheduledend'

/** The code of a deal's currency, which stands in a table of its own. */
export const currency = { name: 'isocurrencycode', by: 'transactioncurrencyid' }

/** A refusal to be mailed in bulk, and one to be mailed at all. */
export const consent = { bulk: 'donotbulkemail', any: 'donotemail' }
