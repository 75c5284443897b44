type Field = Record<string, unknown> & { name: string; type: string }

const field = (name: string, type = 'string', more: object = {}): Field => ({
  name,
  type,
  label: name.replace(/([a-z])([A-Z])/g, '$1 $2'),
  nillable: true,
  createable: true,
  updateable: true,
  defaultedOnCreate: false,
  calculated: false,
  externalId: false,
  length: type === 'string' ? 80 : 0,
  scale: 0,
  picklistValues: [],
  referenceTo: [],
  ...more,
})
const must = { nillable: false }
const own = { createable: false, updateable: false }
const to = (name: string, ...referenceTo: string[]) => field(name, 'reference', { referenceTo })
const choice = (name: string, ...values: string[]) =>
  field(name, 'picklist', { picklistValues: values.map(value => ({ value, label: value, active: true })) })
const always = [
  field('Id', 'id', own),
  field('CreatedDate', 'datetime', own),
  field('SystemModstamp', 'datetime', own),
]
const bin = field('IsDeleted', 'boolean', own)
const master = field('MasterRecordId', 'reference', own)

const person = [
  field('Salutation'),
  field('FirstName'),
  field('LastName', 'string', must),
  field('Name', 'string', own),
  field('Email', 'email'),
  field('Phone', 'phone'),
  field('Title'),
  field('HasOptedOutOfEmail', 'boolean', { defaultedOnCreate: true, nillable: false }),
  field('Tend_Id__c', 'string', { externalId: true, unique: true }),
  to('OwnerId', 'User'),
]

/** Prefix of ids and fields of each object, as `describe` tells them. */
export const definitions: Record<string, { prefix: string; fields: Field[] }> = {
  User: {
    prefix: '005',
    fields: [...always, field('Name'), field('Email', 'email'), field('IsActive', 'boolean')],
  },
  Account: {
    prefix: '001',
    fields: [...always, bin, master, field('Name', 'string', must), field('Website', 'url')],
  },
  Contact: {
    prefix: '003',
    fields: [
      ...always,
      bin,
      master,
      ...person,
      field('MailingAddress', 'address', own),
      field('MailingCountry'),
      field('Birthdate', 'date'),
      field('Description', 'textarea'),
      field('Last_Visit__c', 'datetime'),
      field('Score__c', 'double', { scale: 2 }),
      field('Topics__c', 'multipicklist', {
        picklistValues: ['Tea', 'Books'].map(value => ({ value, label: value })),
      }),
      to('AccountId', 'Account'),
    ],
  },
  Lead: {
    prefix: '00Q',
    fields: [
      ...always,
      bin,
      master,
      ...person,
      field('Company', 'string', must),
      field('Country'),
      field('IsConverted', 'boolean', own),
      to('ConvertedContactId', 'Contact'),
      to('ConvertedAccountId', 'Account'),
      to('ConvertedOpportunityId', 'Opportunity'),
    ],
  },
  Opportunity: {
    prefix: '006',
    fields: [
      ...always,
      bin,
      field('Name', 'string', must),
      field('Amount', 'currency', { scale: 2 }),
      field('Probability', 'percent'),
      choice('StageName', 'Prospecting', 'Closed Won', 'Closed Lost'),
      choice('ForecastCategory', 'Pipeline', 'Closed', 'Omitted'),
      field('CloseDate', 'date', must),
      to('AccountId', 'Account'),
      to('OwnerId', 'User'),
    ],
  },
  OpportunityContactRole: {
    prefix: '00K',
    fields: [
      ...always,
      bin,
      to('OpportunityId'),
      to('ContactId'),
      field('Role'),
      field('IsPrimary', 'boolean'),
    ],
  },
  Campaign: {
    prefix: '701',
    fields: [...always, bin, field('Name', 'string', must), choice('Status', 'Planned')],
  },
  CampaignMember: {
    prefix: '00v',
    fields: [
      ...always,
      bin,
      to('CampaignId'),
      to('ContactId'),
      to('LeadId'),
      choice('Status', 'Sent', 'Responded'),
    ],
  },
  Task: {
    prefix: '00T',
    fields: [
      ...always,
      bin,
      field('Subject', 'combobox'),
      field('Description', 'textarea'),
      field('ActivityDate', 'date'),
      choice('Status', 'Not Started', 'Completed'),
      to('WhoId', 'Contact', 'Lead'),
      to('OwnerId', 'User'),
    ],
  },
}
