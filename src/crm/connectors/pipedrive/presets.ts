import type { Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'

/** A first mapping for what every Pipedrive has. */
export const pipedrivePresets: Preset[] = [
  {
    local: 'user',
    remote: 'users',
    fields: fieldPairs({ email: 'email', name: 'name', is_active: 'active' }),
  },
  { local: 'company', remote: 'organizations', fields: fieldPairs({ name: 'name', domain: 'website' }) },
  {
    local: 'person',
    remote: 'persons',
    fields: [
      ...fieldPairs({
        email: 'email',
        first_name: 'first_name',
        last_name: 'last_name',
        phone: 'phone',
        job_title: 'job_title',
        company_id: 'org_id',
        owner_id: 'owner_id',
      }),
      // Who did not opt out has not consented for it: back from here nobody becomes "subscribed".
      {
        local: 'opt_out',
        remote: 'marketing_status',
        valueMap: { unsubscribed: 'true', no_consent: 'false', subscribed: 'false', archived: 'false' },
      },
    ],
  },
  {
    local: 'deal',
    remote: 'deals',
    fields: fieldPairs({
      name: 'title',
      amount: 'value',
      currency: 'currency',
      probability: 'probability',
      stage: 'stage',
      pipeline: 'pipeline',
      status: 'status',
      close_on: 'expected_close_date',
      opened_at: 'add_time',
      closed_at: 'close_time',
      company_id: 'org_id',
      owner_id: 'owner_id',
    }),
  },
  {
    local: 'task',
    remote: 'activities',
    fields: [
      ...fieldPairs({
        subject: 'subject',
        body: 'note',
        due_on: 'due_date',
        person: 'person_id',
        owner_id: 'owner_id',
      }),
      { local: 'status', remote: 'done', valueMap: { true: 'done', false: 'open' } },
    ],
  },
]
