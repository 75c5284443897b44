type Property = {
  name: string
  label: string
  type: string
  fieldType: string
  options?: { value: string; label: string }[]
  hasUniqueValue?: boolean
  modificationMetadata?: { readOnlyValue: boolean }
}

const text = (name: string, more: Partial<Property> = {}): Property => ({
  name,
  label: name,
  type: 'string',
  fieldType: 'text',
  ...more,
})
const own = { modificationMetadata: { readOnlyValue: true } }
const choice = (value: string) => ({ value, label: value })
const kept = [
  text('hs_object_id', { type: 'number', fieldType: 'number', ...own }),
  text('createdate', { type: 'datetime', fieldType: 'date', ...own }),
  text('hs_merged_object_ids', { type: 'enumeration', fieldType: 'checkbox', ...own }),
  text('hubspot_owner_id', { type: 'enumeration', fieldType: 'select' }),
]
const changed = text('hs_lastmodifieddate', { type: 'datetime', fieldType: 'date', ...own })

/** What a HubSpot account has, as far as the simulator keeps it. */
export const properties: Record<string, Property[]> = {
  contacts: [
    ...kept,
    text('lastmodifieddate', { type: 'datetime', fieldType: 'date', ...own }),
    ...['email', 'firstname', 'lastname', 'jobtitle', 'country', 'company'].map(name => text(name)),
    text('phone', { fieldType: 'phonenumber' }),
    text('tend_id', { hasUniqueValue: true }),
    text('associatedcompanyid', { type: 'number', fieldType: 'number' }),
    text('hs_email_optout', { type: 'bool', fieldType: 'booleancheckbox', ...own }),
    text('met', { type: 'datetime', fieldType: 'date' }),
    text('born', { type: 'date', fieldType: 'date' }),
    text('staff', { type: 'number', fieldType: 'number' }),
    text('interests', { type: 'enumeration', fieldType: 'checkbox', options: ['Tea', 'Books'].map(choice) }),
    text('member', {
      type: 'enumeration',
      fieldType: 'booleancheckbox',
      options: ['true', 'false'].map(choice),
    }),
  ],
  companies: [...kept, changed, text('name'), text('domain'), text('industry')],
  deals: [
    ...kept,
    changed,
    text('dealname'),
    text('amount', { type: 'number', fieldType: 'number' }),
    text('deal_currency_code', { type: 'enumeration', fieldType: 'select' }),
    text('dealstage', { type: 'enumeration', fieldType: 'radio', options: ['won', 'lost'].map(choice) }),
    text('closedate', { type: 'datetime', fieldType: 'date' }),
  ],
  tasks: [
    ...kept,
    changed,
    text('hs_task_subject'),
    text('hs_task_body', { fieldType: 'textarea' }),
    text('hs_task_status', { type: 'enumeration', fieldType: 'select' }),
    text('hs_timestamp', { type: 'datetime', fieldType: 'date' }),
  ],
}
