type Column = Record<string, unknown> & { LogicalName: string; AttributeType: string }
export type Definition = {
  set: string
  id: string
  columns: Column[]
  /** Alternate keys. */
  keys: string[][]
  /** By lookup column: the property that sets it, by what it points to. */
  lookups: Record<string, Record<string, string>>
  isTracked: boolean
}

const label = (text: string) => ({ UserLocalizedLabel: { Label: text, LanguageCode: 1033 } })
const column = (LogicalName: string, AttributeType: string, more: object = {}): Column => ({
  '@odata.type': `#Microsoft.Dynamics.CRM.${AttributeType}AttributeMetadata`,
  LogicalName,
  AttributeType,
  AttributeTypeName: { Value: `${AttributeType}Type` },
  AttributeOf: null,
  DisplayName: label(LogicalName),
  RequiredLevel: { Value: 'None' },
  IsValidForCreate: true,
  IsValidForUpdate: true,
  IsValidForRead: true,
  SourceType: 0,
  ...more,
})
const text = (name: string, format = 'Text', more: object = {}) =>
  column(name, 'String', { MaxLength: 100, FormatName: { Value: format }, ...more })
const must = { RequiredLevel: { Value: 'ApplicationRequired' } }
const own = { IsValidForCreate: false, IsValidForUpdate: false }
const flag = (name: string, more: object = {}) => column(name, 'Boolean', more)
const lookup = (name: string, ...Targets: string[]) => column(name, 'Lookup', { Targets })
const options = (...all: [number, string][]) => ({
  OptionSet: { Options: all.map(([Value, text]) => ({ Value, Label: label(text) })) },
})
const choice = (name: string, kind: 'Picklist' | 'State' | 'Status', ...all: [number, string][]) =>
  column(name, kind, options(...all))

const always = [
  column('createdon', 'DateTime', { ...own, DateTimeBehavior: { Value: 'UserLocal' } }),
  column('modifiedon', 'DateTime', { ...own, DateTimeBehavior: { Value: 'UserLocal' } }),
]
const owned = column('ownerid', 'Owner', { Targets: ['systemuser', 'team'] })
const owner = { ownerid: { owner: 'ownerid' } }
const mergeable = [flag('merged', own), lookup('masterid')].map(each => ({ ...each, ...own }))
const person = [
  ...always,
  ...mergeable,
  text('firstname'),
  text('lastname', 'Text', must),
  text('fullname', 'Text', own),
  text('emailaddress1', 'Email'),
  text('telephone1', 'Phone'),
  text('jobtitle'),
  text('address1_country'),
  flag('donotbulkemail'),
  flag('donotemail'),
  text('tend_id'),
  text('owneridname', 'Text', { ...own, AttributeOf: 'ownerid' }),
  owned,
]
const table = (set: string, id: string, columns: Column[], more: Partial<Definition> = {}): Definition => ({
  set,
  id,
  columns: [column(id, 'Uniqueidentifier'), ...columns],
  keys: [],
  lookups: {},
  isTracked: true,
  ...more,
})

/** The tables of a small Dynamics 365 Sales, as its metadata tells them. */
export const definitions: Record<string, Definition> = {
  systemuser: table(
    'systemusers',
    'systemuserid',
    [...always, text('fullname'), text('internalemailaddress', 'Email'), flag('isdisabled')],
    { isTracked: false },
  ),
  account: table(
    'accounts',
    'accountid',
    [...always, ...mergeable, text('name', 'Text', must), text('websiteurl', 'Url'), owned],
    { lookups: owner },
  ),
  contact: table(
    'contacts',
    'contactid',
    [
      ...person,
      column('parentcustomerid', 'Customer', { Targets: ['account', 'contact'] }),
      column('birthdate', 'DateTime', { DateTimeBehavior: { Value: 'DateOnly' } }),
      column('new_lastvisit', 'DateTime', { DateTimeBehavior: { Value: 'UserLocal' } }),
      column('new_score', 'Decimal', { Precision: 2 }),
      column('creditlimit', 'Money', { Precision: 2 }),
      choice('gendercode', 'Picklist', [1, 'Male'], [2, 'Female']),
      column('new_topics', 'Virtual', {
        '@odata.type': '#Microsoft.Dynamics.CRM.MultiSelectPicklistAttributeMetadata',
        AttributeTypeName: { Value: 'MultiSelectPicklistType' },
        ...options([100, 'Tea'], [200, 'Books']),
      }),
      text('new_greeting', 'Text', { SourceType: 1 }),
      choice('statecode', 'State', [0, 'Active'], [1, 'Inactive']),
    ],
    {
      keys: [['tend_id'], ['firstname', 'lastname']],
      lookups: {
        ...owner,
        parentcustomerid: { account: 'parentcustomerid_account', contact: 'parentcustomerid_contact' },
      },
    },
  ),
  lead: table(
    'leads',
    'leadid',
    [
      ...person,
      text('subject', 'Text', must),
      text('companyname'),
      lookup('parentcontactid', 'contact'),
      lookup('parentaccountid', 'account'),
      lookup('qualifyingopportunityid', 'opportunity'),
      choice('statecode', 'State', [0, 'Open'], [1, 'Qualified'], [2, 'Disqualified']),
    ],
    {
      keys: [['tend_id']],
      lookups: {
        ...owner,
        parentcontactid: { contact: 'parentcontactid' },
        parentaccountid: { account: 'parentaccountid' },
        qualifyingopportunityid: { opportunity: 'qualifyingopportunityid' },
      },
    },
  ),
  opportunity: table(
    'opportunities',
    'opportunityid',
    [
      ...always,
      text('name', 'Text', must),
      column('estimatedvalue', 'Money', { Precision: 2 }),
      column('closeprobability', 'Integer'),
      text('stepname'),
      lookup('transactioncurrencyid', 'transactioncurrency'),
      column('estimatedclosedate', 'DateTime', { DateTimeBehavior: { Value: 'DateOnly' } }),
      lookup('parentaccountid', 'account'),
      lookup('parentcontactid', 'contact'),
      choice('statecode', 'State', [0, 'Open'], [1, 'Won'], [2, 'Lost']),
      owned,
    ],
    {
      lookups: {
        ...owner,
        parentaccountid: { account: 'parentaccountid' },
        parentcontactid: { contact: 'parentcontactid' },
        transactioncurrencyid: { transactioncurrency: 'transactioncurrencyid' },
      },
    },
  ),
  transactioncurrency: table('transactioncurrencies', 'transactioncurrencyid', [
    ...always,
    text('isocurrencycode'),
  ]),
  connectionrole: table('connectionroles', 'connectionroleid', [...always, text('name')]),
  connection: table(
    'connections',
    'connectionid',
    [
      ...always,
      lookup('record1id', 'opportunity', 'contact'),
      lookup('record2id', 'opportunity', 'contact'),
      lookup('record2roleid', 'connectionrole'),
      choice('record2objecttypecode', 'Picklist', [2, 'Contact'], [3, 'Opportunity']),
      choice('statecode', 'State', [0, 'Active'], [1, 'Inactive']),
    ],
    { lookups: { record2roleid: { connectionrole: 'record2roleid' } } },
  ),
  task: table(
    'tasks',
    'activityid',
    [
      ...always,
      text('subject', 'Text', must),
      column('description', 'Memo', { MaxLength: 2000 }),
      column('scheduledend', 'DateTime', { DateTimeBehavior: { Value: 'UserLocal' } }),
      lookup('regardingobjectid', 'account', 'contact', 'lead', 'opportunity', 'incident'),
      choice('statecode', 'State', [0, 'Open'], [1, 'Completed'], [2, 'Canceled']),
      owned,
    ],
    {
      lookups: {
        ...owner,
        regardingobjectid: Object.fromEntries(
          ['account', 'contact', 'lead', 'opportunity', 'incident'].map(type => [
            type,
            `regardingobjectid_${type}_task`,
          ]),
        ),
      },
    },
  ),
}

/** A column under the name that rows have it by. */
export const wireName = ({ LogicalName, AttributeType }: Column): string =>
  ['Lookup', 'Customer', 'Owner'].includes(AttributeType) ? `_${LogicalName}_value` : LogicalName
