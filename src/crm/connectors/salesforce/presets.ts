import type { Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'

const person = {
  email: 'Email',
  first_name: 'FirstName',
  last_name: 'LastName',
  phone: 'Phone',
  job_title: 'Title',
  owner_id: 'OwnerId',
  opt_out: 'HasOptedOutOfEmail',
}

/** A first mapping for the objects every edition has. */
export const salesforcePresets: Preset[] = [
  {
    local: 'user',
    remote: 'User',
    fields: fieldPairs({ email: 'Email', name: 'Name', is_active: 'IsActive' }),
  },
  { local: 'company', remote: 'Account', fields: fieldPairs({ name: 'Name', domain: 'Website' }) },
  {
    local: 'person',
    remote: 'Contact',
    fields: fieldPairs({ ...person, country: 'MailingCountry', company_id: 'AccountId' }),
  },
  {
    local: 'person',
    remote: 'Lead',
    fields: fieldPairs({ ...person, country: 'Country', company_name: 'Company' }),
  },
  {
    local: 'deal',
    remote: 'Opportunity',
    fields: [
      ...fieldPairs({
        name: 'Name',
        amount: 'Amount',
        probability: 'Probability',
        stage: 'StageName',
        close_on: 'CloseDate',
        company_id: 'AccountId',
        owner_id: 'OwnerId',
      }),
      // Stages are named anew by every company; the category behind them is not.
      { local: 'status', remote: 'ForecastCategory', valueMap: { Closed: 'won', Omitted: 'lost' } },
    ],
  },
  { local: 'campaign', remote: 'Campaign', fields: fieldPairs({ name: 'Name', status: 'Status' }) },
  {
    local: 'member',
    remote: 'CampaignMember',
    fields: [
      ...fieldPairs({ campaign: 'CampaignId', person: 'ContactId' }),
      { local: 'status', remote: 'Status', valueMap: { Sent: 'sent', Responded: 'responded' } },
    ],
  },
  {
    local: 'task',
    remote: 'Task',
    fields: fieldPairs({
      subject: 'Subject',
      body: 'Description',
      due_on: 'ActivityDate',
      status: 'Status',
      person: 'WhoId',
      owner_id: 'OwnerId',
    }),
  },
]
