type Field = {
  field_code: string
  field_name: string
  field_type: string
  is_custom_field: boolean
  is_optional_response_field: boolean
  options: { id: number; label: string }[] | null
}

const field = (field_code: string, field_type: string, more: Partial<Field> = {}): Field => ({
  field_code,
  field_name: field_code,
  field_type,
  is_custom_field: false,
  is_optional_response_field: false,
  options: null,
  ...more,
})

/** A field of the company's own goes by forty hexadecimal digits. */
export const keyOf = (name: string): string => Buffer.from(name.padEnd(20, '.')).toString('hex').slice(0, 40)
const own = (name: string, field_type: string, options: string[] = []): Field =>
  field(keyOf(name), field_type, {
    field_name: name,
    is_custom_field: true,
    options: options.length > 0 ? options.map((label, at) => ({ id: 31 + at, label })) : null,
  })

const times = ['add_time', 'update_time'].map(name => field(name, 'date'))
const shared = [field('owner_id', 'user'), field('label_ids', 'set'), ...times]

/** What a Pipedrive has, as far as the simulator keeps it; the rest of a body is refused. */
export const fieldsOf: Record<string, Field[]> = {
  persons: [
    ...['name', 'first_name', 'last_name', 'job_title'].map(name => field(name, 'varchar')),
    ...['emails', 'phones'].map(name => field(name, 'phone')),
    field('org_id', 'org'),
    field('marketing_status', 'enum', { is_optional_response_field: true }),
    own('Nickname', 'varchar'),
    own('Tend id', 'varchar'),
    own('Born', 'date'),
    own('Staff', 'double'),
    own('Size', 'enum', ['Small', 'Large']),
    own('Interests', 'set', ['Tea', 'Books']),
    own('Budget', 'monetary'),
    own('Town', 'address'),
    own('Mentor', 'user'),
    own('Document', 'json'),
    ...shared,
  ],
  organizations: [
    ...['name', 'website', 'linkedin'].map(name => field(name, 'varchar')),
    field('industry', 'enum', { options: [{ id: 7, label: 'Engines' }] }),
    ...['employee_count', 'annual_revenue'].map(name => field(name, 'double')),
    field('address', 'address'),
    ...shared,
  ],
  deals: [
    ...['title', 'currency', 'status', 'lost_reason'].map(name => field(name, 'varchar')),
    ...['value', 'probability'].map(name => field(name, 'double')),
    ...['expected_close_date', 'won_time', 'lost_time', 'close_time', 'stage_change_time'].map(name =>
      field(name, 'date'),
    ),
    ...['stage_id', 'pipeline_id'].map(name => field(name, 'stage')),
    ...['person_id', 'org_id'].map(name => field(name, 'people')),
    field('is_archived', 'boolean'),
    ...shared,
  ],
  activities: [
    ...['subject', 'type', 'note', 'due_date', 'due_time'].map(name => field(name, 'varchar')),
    field('done', 'boolean'),
    field('participants', 'people'),
    ...['person_id', 'deal_id', 'org_id'].map(name => field(name, 'people')),
    ...shared,
  ],
}

export const fieldPaths: Record<string, string> = {
  personFields: 'persons',
  organizationFields: 'organizations',
  dealFields: 'deals',
}
