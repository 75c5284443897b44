import type { Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'
import { consent, currency, dueDay } from './tables.ts'

const person = {
  email: 'emailaddress1',
  first_name: 'firstname',
  last_name: 'lastname',
  phone: 'telephone1',
  job_title: 'jobtitle',
  country: 'address1_country',
  owner_id: 'ownerid',
  opt_out: consent.bulk,
}

/** A first mapping for the tables of Dynamics 365 Sales. */
export const dataversePresets: Preset[] = [
  {
    local: 'user',
    remote: 'systemuser',
    fields: [
      ...fieldPairs({ email: 'internalemailaddress', name: 'fullname' }),
      { local: 'is_active', remote: 'isdisabled', valueMap: { true: 'false', false: 'true' } },
    ],
  },
  { local: 'company', remote: 'account', fields: fieldPairs({ name: 'name', domain: 'websiteurl' }) },
  { local: 'person', remote: 'contact', fields: fieldPairs({ ...person, company_id: 'parentcustomerid' }) },
  { local: 'person', remote: 'lead', fields: fieldPairs({ ...person, company_name: 'companyname' }) },
  {
    local: 'deal',
    remote: 'opportunity',
    fields: [
      ...fieldPairs({
        name: 'name',
        amount: 'estimatedvalue',
        currency: currency.name,
        probability: 'closeprobability',
        stage: 'stepname',
        close_on: 'estimatedclosedate',
        company_id: 'parentaccountid',
        owner_id: 'ownerid',
      }),
      { local: 'status', remote: 'statecode', valueMap: { '0': 'open', '1': 'won', '2': 'lost' } },
    ],
  },
  {
    local: 'task',
    remote: 'task',
    fields: [
      ...fieldPairs({
        subject: 'subject',
        body: 'description',
        due_on: dueDay,
        person: 'regardingobjectid',
        owner_id: 'ownerid',
      }),
      { local: 'status', remote: 'statecode', valueMap: { '0': 'open', '1': 'done', '2': 'cancelled' } },
    ],
  },
]
