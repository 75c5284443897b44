import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Paper,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Title,
} from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { CSSProperties } from 'react'
import { type Filter, useLanguage } from '@/decisions/filter'
import { FilterBuilder } from '@/decisions/filter-builder'
import { useUsers } from '@/ui/steward'
import type { Part } from './alert'

type Option = { value: string; label: string }

function usePeople(): Option[] {
  const users = useUsers()
  return (users.data?.items ?? [])
    .filter(user => user.active)
    .map(user => ({ value: user.id, label: user.name }))
}

/** The owner, else the team by turns or by rules, else somebody who is always there; and who comes next. */
export function AlertPeople(part: Part) {
  const { draft, set, disabled } = part
  const people = usePeople()
  const { to, escalation } = draft
  const change = (next: Partial<typeof to>) => set({ to: { ...to, ...next } })
  const by = to.team?.by ?? 'nobody'
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Who is told</Title>
        <Checkbox
          label="The contact’s owner"
          disabled={disabled}
          checked={to.owner}
          onChange={event => change({ owner: event.currentTarget.checked })}
        />
        <Text size="sm" fw={500}>
          {to.owner ? 'Where there is no owner, somebody of the team' : 'Somebody of the team'}
        </Text>
        <SegmentedControl
          w="fit-content"
          size="xs"
          aria-label="How the team is asked"
          disabled={disabled}
          data={[
            { value: 'nobody', label: 'nobody' },
            { value: 'turns', label: 'by turns' },
            { value: 'rules', label: 'by rules' },
          ]}
          value={by}
          onChange={next =>
            change({
              team:
                next === 'turns'
                  ? { by: 'turns', userIds: [] }
                  : next === 'rules'
                    ? { by: 'rules', rules: [] }
                    : null,
            })
          }
        />
        {to.team?.by === 'turns' && (
          <SomePeople
            label="One after the other"
            disabled={disabled}
            data={people}
            value={to.team.userIds}
            onChange={userIds => change({ team: { by: 'turns', userIds } })}
          />
        )}
        {to.team?.by === 'rules' && <TeamRules {...part} people={people} />}
        <Select
          label="Else, always"
          description="Told when nobody of the above is there"
          maw={320}
          clearable
          searchable
          disabled={disabled}
          data={people}
          value={to.fallbackUserId}
          onChange={fallbackUserId => change({ fallbackUserId })}
        />
        <Switch
          label="Tell others when nobody answers"
          disabled={disabled}
          checked={escalation !== null}
          onChange={event =>
            set({ escalation: event.currentTarget.checked ? { afterMinutes: 60, userIds: [] } : null })
          }
        />
        {escalation && (
          <Group align="flex-end" gap="sm">
            <NumberInput
              label="After minutes"
              w={130}
              min={5}
              max={10_080}
              disabled={disabled}
              value={escalation.afterMinutes}
              onChange={minutes =>
                set({ escalation: { ...escalation, afterMinutes: Math.max(5, Number(minutes) || 60) } })
              }
            />
            <SomePeople
              label="tell one after the other"
              style={{ flex: 1, minWidth: 220 }}
              maxValues={3}
              disabled={disabled}
              data={people}
              value={escalation.userIds}
              onChange={userIds => set({ escalation: { ...escalation, userIds } })}
            />
          </Group>
        )}
      </Stack>
    </Paper>
  )
}

type SomePeopleProps = {
  label: string
  data: Option[]
  value: string[]
  disabled: boolean
  maxValues?: number
  style?: CSSProperties
  onChange(ids: string[]): void
}

/** Several people in their order. Where nothing can be changed their names stay readable. */
function SomePeople({ disabled, ...props }: SomePeopleProps) {
  if (!disabled) return <MultiSelect {...props} />
  const names = props.value.map(id => props.data.find(each => each.value === id)?.label ?? '...')
  return (
    <div>
      <Text size="sm" fw={500}>
        {props.label}
      </Text>
      <Text size="sm">{names.join(', ') || 'nobody'}</Text>
    </div>
  )
}

function TeamRules({ draft, set, disabled, people }: Part & { people: Option[] }) {
  const language = useLanguage()
  const { to } = draft
  const rules = to.team?.by === 'rules' ? to.team.rules : []
  const change = (next: typeof rules) => set({ to: { ...to, team: { by: 'rules', rules: next } } })
  return (
    <Stack gap="sm">
      {rules.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules have no identity of their own; rows keep no state
        <Paper withBorder p="sm" key={at}>
          <Stack gap="xs">
            <Group justify="space-between">
              <Select
                aria-label="Who is told"
                placeholder="Who is told"
                w={240}
                disabled={disabled}
                data={people}
                value={rule.userId}
                onChange={userId =>
                  userId && change(rules.map((old, i) => (i === at ? { ...old, userId } : old)))
                }
              />
              <Button
                size="compact-sm"
                variant="subtle"
                color="gray"
                leftSection={<IconTrash size={14} />}
                disabled={disabled}
                onClick={() => change(rules.filter((_, i) => i !== at))}
              >
                Remove
              </Button>
            </Group>
            {language.data && (
              <FilterBuilder
                value={rule.filter as Filter}
                language={language.data}
                disabled={disabled}
                onChange={filter =>
                  change(rules.map((old, i) => (i === at ? { ...old, filter: filter as never } : old)))
                }
              />
            )}
          </Stack>
        </Paper>
      ))}
      <Button
        size="compact-sm"
        variant="default"
        w="fit-content"
        leftSection={<IconPlus size={14} />}
        disabled={disabled || people.length === 0}
        onClick={() => change([...rules, { filter: { all: [] } as never, userId: people[0]?.value ?? '' }])}
      >
        Add a rule
      </Button>
    </Stack>
  )
}
