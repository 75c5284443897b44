import type { Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'

const person = {
  email: 'emailAddress',
  first_name: 'firstName',
  last_name: 'lastName',
  phone: 'phoneNumber',
  job_title: 'title',
  country: 'addressCountry',
  owner_id: 'assignedUserId',
  opt_out: 'emailAddressIsOptedOut',
}

/** A first mapping for the objects every EspoCRM has. */
export const espoPresets: Preset[] = [
  {
    local: 'user',
    remote: 'User',
    fields: fieldPairs({ email: 'emailAddress', name: 'name', is_active: 'isActive' }),
  },
  { local: 'company', remote: 'Account', fields: fieldPairs({ name: 'name', domain: 'website' }) },
  { local: 'person', remote: 'Contact', fields: fieldPairs({ ...person, company_id: 'accountId' }) },
  { local: 'person', remote: 'Lead', fields: fieldPairs({ ...person, company_name: 'accountName' }) },
  {
    local: 'deal',
    remote: 'Opportunity',
    fields: fieldPairs({
      name: 'name',
      amount: 'amount',
      currency: 'amountCurrency',
      stage: 'stage',
      close_on: 'closeDate',
      company_id: 'accountId',
      owner_id: 'assignedUserId',
    }),
  },
  {
    local: 'task',
    remote: 'Task',
    fields: fieldPairs({
      subject: 'name',
      body: 'description',
      due_on: 'dateEndDate',
      status: 'status',
      owner_id: 'assignedUserId',
    }),
  },
  { local: 'campaign', remote: 'Campaign', fields: fieldPairs({ name: 'name' }) },
]
