import type { FieldType, ObjectRole, RemoteField } from '../../connector.ts'

/** An object of Pipedrive: where its records are, where its fields are described, and what can be searched in it. */
export type PipedriveObject = {
  type: string
  label: string
  role: ObjectRole
  /** Below `/api/v2`; what is archived is a list of its own. */
  lists: string[]
  query?: Record<string, string>
  fieldsPath: string | null
  /** Fields that a search finds records by, and the name that the search has for them. */
  searched: Record<string, string>
  fields: RemoteField[]
}

type More = Partial<RemoteField>
const field = (name: string, label: string, type: FieldType = 'text', more: More = {}): RemoteField => ({
  name,
  label,
  type,
  required: false,
  readOnly: false,
  ...more,
})
const told = { readOnly: true }
const owner = field('owner_id', 'Owner', 'reference', { references: ['users'] })
const organization = field('org_id', 'Organization', 'reference', { references: ['organizations'] })
const times = [field('add_time', 'Added', 'moment', told), field('update_time', 'Updated', 'moment', told)]
const labels = field('label_ids', 'Labels', 'choices')

export const users: PipedriveObject = {
  type: 'users',
  label: 'User',
  role: 'user',
  lists: [],
  fieldsPath: null,
  searched: {},
  fields: [
    field('email', 'Email', 'email', told),
    field('name', 'Name', 'text', told),
    field('active', 'Active', 'boolean', told),
  ],
}

/** Statuses that a list of deals leaves out unless it is asked for them. */
const everyStatus = { status: 'open,won,lost,deleted' }

export const listed: PipedriveObject[] = [
  {
    type: 'organizations',
    label: 'Organization',
    role: 'company',
    lists: ['/organizations'],
    fieldsPath: '/organizationFields',
    searched: { name: 'name' },
    fields: [
      field('name', 'Name', 'text', { required: true }),
      field('website', 'Website', 'url'),
      field('linkedin', 'LinkedIn', 'url'),
      field('industry', 'Industry', 'choice'),
      field('employee_count', 'Employees', 'number'),
      field('annual_revenue', 'Annual revenue', 'number'),
      field('address', 'Address'),
      owner,
      labels,
      ...times,
    ],
  },
  {
    type: 'persons',
    label: 'Person',
    role: 'contact',
    lists: ['/persons'],
    fieldsPath: '/personFields',
    searched: { name: 'name', email: 'email', phone: 'phone' },
    fields: [
      field('name', 'Name', 'text', { required: true }),
      field('first_name', 'First name'),
      field('last_name', 'Last name'),
      field('email', 'Primary email', 'email'),
      field('emails', 'All emails', 'choices', told),
      field('phone', 'Primary phone', 'phone'),
      field('phones', 'All phones', 'choices', told),
      field('job_title', 'Job title'),
      organization,
      owner,
      labels,
      ...times,
    ],
  },
  {
    type: 'deals',
    label: 'Deal',
    role: 'deal',
    lists: ['/deals', '/deals/archived'],
    query: everyStatus,
    fieldsPath: '/dealFields',
    searched: { title: 'title' },
    fields: [
      field('title', 'Title', 'text', { required: true }),
      field('value', 'Value', 'money'),
      field('currency', 'Currency'),
      field('stage', 'Stage', 'text', told),
      field('pipeline', 'Pipeline', 'text', told),
      field('stage_id', 'Number of the stage', 'choice'),
      field('pipeline_id', 'Number of the pipeline', 'choice'),
      field('status', 'Status', 'choice', {
        options: ['open', 'won', 'lost'].map(value => ({ value, label: value })),
      }),
      field('probability', 'Probability', 'number'),
      field('expected_close_date', 'Expected close date', 'date'),
      field('lost_reason', 'Lost reason'),
      field('stage_change_time', 'Last change of stage', 'moment', told),
      field('won_time', 'Won', 'moment', told),
      field('lost_time', 'Lost', 'moment', told),
      field('close_time', 'Closed', 'moment', told),
      field('person_id', 'Person', 'reference', { references: ['persons'] }),
      organization,
      owner,
      labels,
      ...times,
    ],
  },
  {
    type: 'activities',
    label: 'Activity',
    role: 'task',
    lists: ['/activities'],
    fieldsPath: null,
    searched: {},
    fields: [
      field('subject', 'Subject'),
      field('type', 'Type'),
      field('due_date', 'Due date', 'date'),
      field('due_time', 'Due time'),
      field('note', 'Note', 'long_text'),
      field('done', 'Done', 'boolean'),
      field('person_id', 'Person', 'reference', { references: ['persons'] }),
      field('deal_id', 'Deal', 'reference', { references: ['deals'] }),
      organization,
      owner,
      ...times,
    ],
  },
]

/** The object of this type; one that is not known reads like a list of its name. */
export const objectOf = (type: string): PipedriveObject =>
  listed.find(each => each.type === type) ?? {
    type,
    label: type,
    role: 'activity',
    lists: [`/${encodeURIComponent(type)}`],
    fieldsPath: null,
    searched: {},
    fields: [],
  }
