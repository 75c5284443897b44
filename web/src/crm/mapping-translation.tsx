import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Modal,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core'
import { IconArrowRight, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { CrmSchema, FieldMap } from './crm'
import { spoken } from './crm'

type Transform = FieldMap['transform']
type RemoteField = NonNullable<CrmSchema['schema']>['objects'][number]['fields'][number]

/** Of a row that translates nothing. */
export const asItIs = 'As it is'

/** What each transform makes of a value; those without a way back work on what comes here alone. */
const transformWords: Record<Transform, { label: string; words: string; isOneWay?: true }> = {
  none: { label: asItIs, words: 'Nothing is changed.' },
  trim: { label: 'Tidy spaces', words: '“ Ada   Berg ” becomes “Ada Berg”.' },
  lower: { label: 'Small letters', words: '“Ada” becomes “ada”.' },
  upper: { label: 'Capital letters', words: '“at” becomes “AT”.' },
  capitalize: {
    label: 'Capitalize names',
    words: '“ADA BERG” becomes “Ada Berg”; what is not all in one case stays: “McKay”.',
  },
  phone: { label: 'Telephone number, international', words: '“01 58858-0” of Austria becomes “+431588580”.' },
  date_day_first: { label: 'Date, day first', words: '“03/04/2026” and “3.4.2026” become “2026-04-03”.' },
  date_month_first: { label: 'Date, month first', words: '“03/04/2026” becomes “2026-03-04”.' },
  boolean: {
    label: 'Words to yes and no',
    words: '“Yes”, “y”, “ja”, “on” and “1” become yes; “no”, “nein”, “off” and “0” become no.',
    isOneWay: true,
  },
  invert: { label: 'Yes is no', words: 'Yes there is no here, on both ways.' },
  first_line: { label: 'First line only', words: 'Of a text of several lines, the first.', isOneWay: true },
  first_name: {
    label: 'First names of a full name',
    words: '“Ada Maria Berg” and “Berg, Ada Maria” become “Ada Maria”. Only where the CRM always decides.',
    isOneWay: true,
  },
  last_name: {
    label: 'Last name of a full name',
    words: '“Ada Maria Berg” and “Berg, Ada Maria” become “Berg”. Only where the CRM always decides.',
    isOneWay: true,
  },
}
const options = Object.entries(transformWords).map(([value, { label }]) => ({ value, label }))

/** What a row's button says: how values are translated, in a word or two. */
export function translationWords({ transform, valueMap }: FieldMap): string {
  const listed = Object.keys(valueMap ?? {}).length
  const parts = [
    ...(transform === 'none' ? [] : [transformWords[transform].label]),
    ...(listed === 0 ? [] : [`${listed} ${listed === 1 ? 'value' : 'values'}`]),
  ]
  return parts.length === 0 ? asItIs : parts.join(', ')
}

type Props = {
  field: FieldMap
  remote: RemoteField | undefined
  disabled: boolean
  onClose(): void
  onChange(change: Partial<FieldMap>): void
}

/** How values of one pair of fields become each other: spelled anew, or one by one. */
export function TranslationDialog({ field, remote, disabled, onClose, onChange }: Props) {
  const { label, words, isOneWay } = transformWords[field.transform]
  const isTransformed = field.transform !== 'none'
  const isListed = Object.keys(field.valueMap ?? {}).length > 0
  return (
    <Modal opened onClose={onClose} size="lg" title={`How values of ${spoken(field.local)} are translated`}>
      <Stack>
        <Select
          label="Spelling"
          description={words}
          allowDeselect={false}
          disabled={disabled}
          data={options}
          value={field.transform}
          onChange={next => {
            const transform = next as Transform
            onChange({ transform, ...(transformWords[transform].isOneWay ? { applies: 'here' } : {}) })
          }}
        />
        {isTransformed && field.transform !== 'invert' && (
          <Select
            label={`“${label}” works on`}
            description={
              isOneWay
                ? 'It has no way back, so what goes to the CRM goes as it is.'
                : 'A difference that it takes away on the way there is no change: nothing is written for it.'
            }
            allowDeselect={false}
            disabled={disabled || isOneWay === true}
            data={[
              { value: 'here', label: 'what comes from the CRM' },
              { value: 'there', label: 'what goes to the CRM' },
              { value: 'both', label: 'both ways' },
            ]}
            value={field.applies ?? 'here'}
            onChange={next => next && onChange({ applies: next as FieldMap['applies'] })}
          />
        )}
        {field.transform === 'phone' && (
          <TextInput
            label="Country of numbers that begin without one"
            description="Two letters, such as AT. Empty: only international numbers are understood."
            disabled={disabled}
            maxLength={2}
            w={320}
            value={field.country ?? ''}
            onChange={event => onChange({ country: event.currentTarget.value.toUpperCase() || null })}
            error={field.country?.length === 1 ? 'two letters' : undefined}
          />
        )}
        <ValueMap field={field} remote={remote} disabled={disabled} onChange={onChange} />
        {(isListed || isTransformed) && (
          <Select
            label={isListed ? 'Values that are not listed' : 'Values that it does not understand'}
            allowDeselect={false}
            disabled={disabled}
            data={[
              { value: 'keep', label: 'pass as they are' },
              { value: 'blank', label: 'count as empty' },
              { value: 'issue', label: 'stay where they are, and an issue says so' },
            ]}
            value={field.unknown ?? 'keep'}
            onChange={next => next && onChange({ unknown: next as FieldMap['unknown'] })}
          />
        )}
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

type Row = { theirs: string; ours: string }
const rowsOf = (map: FieldMap['valueMap']): Row[] =>
  Object.entries(map ?? {}).map(([theirs, ours]) => ({ theirs, ours }))

/** The CRM's values beside ours. Rows that are not finished are kept on the screen only. */
function ValueMap({ field, remote, disabled, onChange }: Omit<Props, 'onClose'>) {
  const [rows, setRows] = useState(() => rowsOf(field.valueMap))
  const choices = remote?.options ?? []
  const set = (next: Row[]) => {
    setRows(next)
    const whole = next.filter(({ theirs, ours }) => theirs !== '' && ours !== '')
    onChange({
      valueMap: whole.length === 0 ? null : Object.fromEntries(whole.map(row => [row.theirs, row.ours])),
    })
  }
  const change = (at: number, part: Partial<Row>) =>
    set(rows.map((row, i) => (i === at ? { ...row, ...part } : row)))
  const missing = choices.filter(choice => !rows.some(row => row.theirs === choice.value))
  const isYesNo = rows.length > 0 && rows.every(({ ours }) => ours === 'true' || ours === 'false')
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Value by value
      </Text>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing is listed: values have the same name on both sides.
        </Text>
      )}
      {rows.map((row, at) => {
        const isTwice = rows.some((other, i) => i < at && other.theirs === row.theirs && row.theirs !== '')
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same value may stand in two rows while it is typed
          <Group key={at} gap="xs" wrap="nowrap" align="flex-start">
            <Autocomplete
              aria-label={`Value of the CRM, row ${at + 1}`}
              placeholder="in the CRM"
              style={{ flex: 1 }}
              disabled={disabled}
              maxLength={500}
              data={choices.map(choice => choice.value)}
              value={row.theirs}
              onChange={theirs => change(at, { theirs })}
              error={isTwice ? 'is listed twice' : undefined}
            />
            <IconArrowRight size={16} style={{ marginTop: 10, flex: 'none' }} aria-hidden />
            {isYesNo ? (
              <Switch
                aria-label={`Yes in Tend, row ${at + 1}`}
                mt={8}
                style={{ flex: 1 }}
                label={row.ours === 'true' ? 'yes' : 'no'}
                disabled={disabled}
                checked={row.ours === 'true'}
                onChange={event => change(at, { ours: String(event.currentTarget.checked) })}
              />
            ) : (
              <TextInput
                aria-label={`Value of Tend, row ${at + 1}`}
                placeholder="in Tend"
                style={{ flex: 1 }}
                disabled={disabled}
                maxLength={500}
                value={row.ours}
                onChange={event => change(at, { ours: event.currentTarget.value })}
              />
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={4}
              aria-label={`Remove value ${at + 1}`}
              disabled={disabled}
              onClick={() => set(rows.filter((_, i) => i !== at))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        )
      })}
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={disabled}
          onClick={() => setRows([...rows, { theirs: '', ours: '' }])}
        >
          List a value
        </Button>
        {missing.length > 0 && missing.length <= 100 && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={disabled}
            onClick={() =>
              set([...rows, ...missing.map(choice => ({ theirs: choice.value, ours: choice.label }))])
            }
          >
            List all {missing.length} choices of the CRM
          </Button>
        )}
      </Group>
    </Stack>
  )
}
