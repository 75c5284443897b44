/** A field as `fields_get` tells it. */
export type Field = {
  type: string
  string: string
  required?: boolean
  readonly?: boolean
  selection?: [string, string][]
  relation?: string
}

const char = (string: string, more: Partial<Field> = {}): Field => ({ type: 'char', string, ...more })
const link = (string: string, relation: string): Field => ({ type: 'many2one', string, relation })
const moment = (string: string): Field => ({ type: 'datetime', string, readonly: true })
const kept = {
  id: { type: 'integer', string: 'ID', readonly: true },
  write_date: moment('Last Updated on'),
  create_date: moment('Created on'),
}
const person = {
  phone: char('Phone'),
  function: char('Job Position'),
  user_id: link('Salesperson', 'res.users'),
  active: { type: 'boolean', string: 'Active' },
  x_tend_id: char('Tend id'),
  write_uid: link('Last Updated by', 'res.users'),
  tag_ids: { type: 'many2many', string: 'Tags', relation: 'res.partner.category' },
}
/** The models of a small Odoo with CRM, and their fields. */
export const models: Record<string, Record<string, Field>> = {
  'res.users': { ...kept, name: char('Name'), login: char('Login'), active: person.active },
  'res.partner': {
    ...kept,
    ...person,
    name: char('Name', { required: true }),
    email: char('Email'),
    website: char('Website'),
    is_company: { type: 'boolean', string: 'Is a Company' },
    parent_id: link('Related Company', 'res.partner'),
    x_met: { type: 'datetime', string: 'Met' },
    x_born: { type: 'date', string: 'Born' },
    x_staff: { type: 'integer', string: 'Staff' },
    child_ids: { type: 'one2many', string: 'Contacts', relation: 'res.partner' },
  },
  'crm.lead': {
    ...kept,
    ...person,
    name: char('Opportunity', { required: true }),
    type: {
      type: 'selection',
      string: 'Type',
      selection: [
        ['lead', 'Lead'],
        ['opportunity', 'Opportunity'],
      ],
    },
    contact_name: char('Contact Name'),
    partner_name: char('Company Name'),
    email_from: char('Email'),
    partner_id: link('Customer', 'res.partner'),
    stage_id: link('Stage', 'crm.stage'),
    expected_revenue: { type: 'monetary', string: 'Expected Revenue' },
    probability: { type: 'float', string: 'Probability' },
    date_deadline: { type: 'date', string: 'Expected Closing' },
    date_conversion: moment('Conversion Date'),
  },
  'mail.activity': { ...kept, summary: char('Summary'), user_id: person.user_id },
}
