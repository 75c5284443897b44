import {
  Alert,
  Button,
  Group,
  MultiSelect,
  NumberInput,
  Radio,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { type Import, type ImportOptions, useImportChange } from './import-data'

type Consent = NonNullable<ImportOptions['consent']>

const bases: { value: Consent['basis']; label: string }[] = [
  { value: 'opt-in', label: 'They opted in' },
  { value: 'double-opt-in', label: 'They opted in and confirmed it' },
  { value: 'existing-customer', label: 'Existing customers, similar products' },
  { value: 'contract', label: 'A contract' },
  { value: 'legitimate-interest', label: 'Legitimate interest, balanced and written down' },
]

/** What happens to those who are here already, lists, consent, workflows. */
export function ImportOptionsStep(props: { found: Import; onBack(): void; onNext(): void }) {
  const { found, onBack, onNext } = props
  const reason = useEditReason()
  const change = useImportChange(found.id)
  const [options, setOptions] = useState<ImportOptions>(
    found.options ?? { existing: 'fill', listIds: [], consent: null, wakes: false },
  )
  const set = (part: Partial<ImportOptions>) => setOptions({ ...options, ...part })
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => call(client.GET('/api/v1/lists')) })
  const { consent } = options
  const isWhole = consent === null || (consent.wording.trim() !== '' && consent.source.trim() !== '')
  return (
    <Stack gap="xl" maw={720}>
      <Radio.Group
        label="Who is here already"
        value={options.existing}
        onChange={value => set({ existing: value as ImportOptions['existing'] })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="fill" label="Fill in what is missing, change nothing else" />
          <Radio value="overwrite" label="Let the file win where it says something else" />
          <Radio value="skip" label="Leave them alone entirely, lists and consent included" />
        </Stack>
      </Radio.Group>
      <MultiSelect
        label="Put everybody on these lists"
        placeholder={options.listIds.length === 0 ? 'None' : ''}
        searchable
        clearable
        data={(lists.data?.items ?? [])
          .filter(list => list.archivedAt === null)
          .map(list => ({ value: list.id, label: list.name }))}
        value={options.listIds}
        onChange={listIds => set({ listIds })}
      />
      <Stack gap="sm">
        <Radio.Group
          label="Consent to marketing"
          description="An import never undoes an opt-out. It can only give consent to people who have said nothing yet."
          value={consent === null ? 'no' : consent.basis === 'ask' ? 'ask' : 'yes'}
          onChange={value => set({ consent: consentFor(value, consent) })}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="no"
              label="The file says nothing about it: they get no marketing from this import"
            />
            <Radio value="yes" label="These people have agreed, and we can show it" />
            <Radio
              value="ask"
              label="Ask for confirmation: each gets one letter, and nothing else until the link in it is clicked"
            />
          </Stack>
        </Radio.Group>
        {consent && <ConsentFields consent={consent} onChange={next => set({ consent: next })} />}
      </Stack>
      <Switch
        label="Let workflows begin by this import"
        description="Off: workflows that begin with a new contact, a change or a list stay quiet. Segments and scores follow either way, and a workflow that begins with a segment may begin."
        checked={options.wakes}
        onChange={event => set({ wakes: event.currentTarget.checked })}
      />
      {options.wakes && (
        <Alert color="yellow" variant="light">
          Everybody in the file may enter such workflows at once, and be written to.
        </Alert>
      )}
      {change.isError && <ErrorNote error={change.error} />}
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          Back to the columns
        </Button>
        <Group>
          {!isWhole && (
            <Text size="sm" c="dimmed">
              Consent needs its words and where it was given.
            </Text>
          )}
          <Button
            loading={change.isPending}
            disabled={reason !== null || !isWhole}
            onClick={() => change.mutate({ options }, { onSuccess: onNext })}
          >
            Try it out
          </Button>
        </Group>
      </Group>
    </Stack>
  )
}

function consentFor(choice: string, before: Consent | null): Consent | null {
  if (choice === 'no') return null
  const { wording = '', source = '' } = before ?? {}
  return choice === 'ask'
    ? { basis: 'ask', wording, source, lettersPerHour: 1_000 }
    : { basis: 'opt-in', wording, source }
}

function ConsentFields({ consent, onChange }: { consent: Consent; onChange(consent: Consent): void }) {
  const asks = consent.basis === 'ask'
  return (
    <Stack gap="sm" pl="xl">
      {asks ? (
        <NumberInput
          label="Letters an hour, at most"
          description="They leave one after the other, so that mail servers do not balk."
          min={1}
          max={100_000}
          allowDecimal={false}
          thousandSeparator=","
          maw={240}
          value={consent.lettersPerHour ?? 1_000}
          onChange={value => onChange({ ...consent, lettersPerHour: Number(value) || 1 })}
        />
      ) : (
        <Select
          label="On what ground"
          allowDeselect={false}
          data={bases}
          value={consent.basis}
          onChange={value => onChange({ ...consent, basis: (value ?? 'opt-in') as Consent['basis'] })}
        />
      )}
      <Textarea
        label={asks ? 'The words they are to agree to' : 'The words they agreed to'}
        required
        autosize
        minRows={2}
        maxLength={2000}
        value={consent.wording}
        onChange={event => onChange({ ...consent, wording: event.currentTarget.value })}
      />
      <TextInput
        label={asks ? 'Where these addresses come from' : 'Where and when they said so'}
        placeholder={
          asks
            ? 'Visiting cards of the spring fair, 2026'
            : 'Newsletter form of the old website, 2023 to 2025'
        }
        required
        maxLength={500}
        value={consent.source}
        onChange={event => onChange({ ...consent, source: event.currentTarget.value })}
      />
    </Stack>
  )
}
