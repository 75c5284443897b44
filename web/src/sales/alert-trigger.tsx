import {
  Button,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { type Filter, useLanguage } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { Loaded } from '@/ui/states'
import { freshTrigger, type Part, type Trigger, type TriggerKind, triggerKinds } from './alert'

type Of<K extends TriggerKind> = Extract<Trigger, { on: K }>
type Settings<K extends TriggerKind> = { trigger: Of<K>; disabled: boolean; onChange(trigger: Trigger): void }

/** "When somebody looks at /pricing or below", and whom it is about. */
export function AlertTrigger({ draft, set, disabled }: Part) {
  const { trigger } = draft
  const onChange = (next: Trigger) => set({ trigger: next })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>When somebody ...</Title>
        <Group align="flex-end" gap="sm">
          <Select
            label="does this"
            w={150}
            allowDeselect={false}
            disabled={disabled}
            data={triggerKinds}
            value={trigger.on}
            onChange={kind => kind && kind !== trigger.on && onChange(freshTrigger(kind as TriggerKind))}
          />
          <Details trigger={trigger} disabled={disabled} onChange={onChange} />
        </Group>
        <Text size="sm" c="dimmed">
          Bots, scanners of mail and imports never set off an alert.
        </Text>
        <OnlyFor draft={draft} set={set} disabled={disabled} />
      </Stack>
    </Paper>
  )
}

function Details({
  trigger,
  ...rest
}: {
  trigger: Trigger
  disabled: boolean
  onChange(trigger: Trigger): void
}) {
  switch (trigger.on) {
    case 'score':
      return <ScoreDetails trigger={trigger} {...rest} />
    case 'page':
      return <PageDetails trigger={trigger} {...rest} />
    case 'stage':
      return (
        <TextInput
          label="Stage"
          placeholder="any stage"
          w={170}
          disabled={rest.disabled}
          value={trigger.stage ?? ''}
          onChange={event => rest.onChange({ on: 'stage', stage: event.currentTarget.value || null })}
        />
      )
    case 'event':
      return <EventDetails trigger={trigger} {...rest} />
    case 'deal':
      return <DealDetails trigger={trigger} {...rest} />
    case 'sleeper':
      return (
        <NumberInput
          label="Days of silence"
          w={140}
          min={7}
          max={730}
          disabled={rest.disabled}
          value={trigger.days}
          onChange={days =>
            rest.onChange({ on: 'sleeper', days: Math.min(730, Math.max(7, Number(days) || 60)) })
          }
        />
      )
    default:
      return null
  }
}

function ScoreDetails({ trigger, disabled, onChange }: Settings<'score'>) {
  const models = useQuery({
    queryKey: ['score-models'],
    queryFn: () => call(client.GET('/api/v1/score-models')),
  })
  const items = models.data?.items ?? []
  const thresholds = items.find(model => model.id === trigger.modelId)?.draft.thresholds ?? []
  return (
    <>
      <Select
        label="In the score"
        w={150}
        disabled={disabled}
        data={items.map(model => ({ value: model.id, label: model.name }))}
        value={trigger.modelId}
        onChange={modelId => onChange({ on: 'score', modelId, threshold: null })}
        placeholder="Choose"
      />
      <Select
        label="From this threshold on"
        w={185}
        clearable
        disabled={disabled || trigger.modelId === null}
        data={thresholds.map(each => ({ value: each.name, label: `${each.name} (${each.value})` }))}
        value={trigger.threshold}
        placeholder="any threshold"
        onChange={threshold => onChange({ ...trigger, threshold })}
      />
    </>
  )
}

function PageDetails({ trigger, disabled, onChange }: Settings<'page'>) {
  return (
    <>
      <TextInput
        label="Path"
        placeholder="/pricing"
        w={170}
        disabled={disabled}
        value={trigger.path}
        onChange={event => onChange({ ...trigger, path: event.currentTarget.value })}
      />
      <Select
        label="Which pages"
        w={165}
        allowDeselect={false}
        disabled={disabled}
        data={[
          { value: 'starts_with', label: 'it and all below' },
          { value: 'is', label: 'only this one' },
        ]}
        value={trigger.match}
        onChange={match => onChange({ ...trigger, match: match === 'is' ? 'is' : 'starts_with' })}
      />
    </>
  )
}

function EventDetails({ trigger, disabled, onChange }: Settings<'event'>) {
  const language = useLanguage()
  const names = language.data?.events.find(event => event.type === 'event.tracked')?.names ?? []
  const known = trigger.name === '' || names.includes(trigger.name) ? names : [...names, trigger.name]
  return (
    <Select
      label="What"
      w={260}
      searchable
      disabled={disabled}
      data={known}
      value={trigger.name || null}
      placeholder="Choose an event"
      onChange={name => onChange({ on: 'event', name: name ?? '' })}
    />
  )
}

function DealDetails({ trigger, disabled, onChange }: Settings<'deal'>) {
  const language = useLanguage()
  const deals = (language.data?.events ?? []).filter(event => event.type.startsWith('deal.'))
  return (
    <Select
      label="What happens to the deal"
      w={240}
      clearable
      disabled={disabled}
      data={deals.map(event => ({ value: event.type, label: event.title }))}
      value={trigger.change}
      placeholder="anything"
      onChange={change => onChange({ on: 'deal', change })}
    />
  )
}

function OnlyFor({ draft, set, disabled }: Part) {
  const language = useLanguage()
  const filter = draft.filter as Filter | null
  return (
    <>
      <Switch
        label="Only about some contacts"
        disabled={disabled}
        checked={filter !== null}
        onChange={event => set({ filter: (event.currentTarget.checked ? { all: [] } : null) as never })}
      />
      {filter !== null && (
        <Loaded query={language}>
          {data => (
            <FilterBuilder
              value={filter}
              language={data}
              disabled={disabled}
              onChange={next => set({ filter: next as never })}
            />
          )}
        </Loaded>
      )}
      {filter !== null && 'all' in filter && filter.all.length === 0 && !disabled && (
        <Button size="compact-sm" variant="subtle" w="fit-content" onClick={() => set({ filter: null })}>
          About all contacts after all
        </Button>
      )}
    </>
  )
}
