import { Button, Group, NumberInput, Paper, Stack, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { countConditions, type Filter, isFinished, useLanguage } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { Loaded } from '@/ui/states'

/** What the list of companies is narrowed by, as it stands in the address. */
export type CompaniesWanted = { people?: number; engaged?: boolean; filter: Filter | null }

type Props = { value: CompaniesWanted; onApply(wanted: CompaniesWanted): void; onClose(): void }

/** Narrows the list by how many people a company has, what they did, and who they are, in the sentences of segments. */
export function CompaniesFilter({ value, onApply, onClose }: Props) {
  const language = useLanguage()
  const [people, setPeople] = useState(value.people)
  const [engaged, setEngaged] = useState(value.engaged ?? false)
  const [draft, setDraft] = useState(value.filter)
  const isSaid = draft === null || (countConditions(draft) > 0 && isFinished(draft))
  const isOn = value.filter !== null || value.people !== undefined || value.engaged === true
  const wanted: CompaniesWanted = {
    ...(people ? { people } : {}),
    ...(engaged ? { engaged } : {}),
    filter: draft,
  }
  return (
    <Paper withBorder p="md" component="section" aria-label="Filter">
      <Stack gap="md">
        <Group gap="xl" align="flex-end">
          <NumberInput
            w={160}
            label="People, at least"
            min={1}
            max={1_000_000_000}
            allowDecimal={false}
            value={people ?? ''}
            onChange={n => setPeople(Number(n) || undefined)}
          />
          <Switch
            pb={6}
            label="Somebody was active in the last 30 days"
            checked={engaged}
            onChange={event => setEngaged(event.currentTarget.checked)}
          />
        </Group>
        <Switch
          label="Somebody works there of whom this is true"
          checked={draft !== null}
          onChange={event => setDraft(event.currentTarget.checked ? { all: [] } : null)}
        />
        {draft !== null && (
          <Loaded query={language} lines={3}>
            {data => <FilterBuilder value={draft} onChange={setDraft} language={data} />}
          </Loaded>
        )}
        <Group gap="xs">
          <Button disabled={!isSaid} onClick={() => onApply(wanted)}>
            Show companies
          </Button>
          <Button variant="default" onClick={() => (isOn ? onApply({ filter: null }) : onClose())}>
            {isOn ? 'Show all' : 'Close'}
          </Button>
          {!isSaid && (
            <Text size="sm" c="dimmed">
              Fill in every condition first.
            </Text>
          )}
        </Group>
      </Stack>
    </Paper>
  )
}
