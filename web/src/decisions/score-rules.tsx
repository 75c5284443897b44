import { ActionIcon, Button, Group, NumberInput, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { DemandRow } from './demand-row'
import type { Demand, Filter, Language } from './filter'
import { FilterBuilder } from './filter-builder'
import type { ScoreRule } from './score-model-screen'

type Behaviour = Extract<ScoreRule, { kind: 'behaviour' }>
type Fit = Extract<ScoreRule, { kind: 'fit' }>
type Props = { rules: ScoreRule[]; onChange(rules: ScoreRule[]): void; language: Language; disabled: boolean }

const freshId = () => `r${crypto.randomUUID().slice(0, 8)}`

/** What gives points: what somebody does (fading with time), and who he is (for as long as it is so). */
export function ScoreRules({ rules, onChange, language, disabled }: Props) {
  const replace = (id: string, rule: ScoreRule) => onChange(rules.map(old => (old.id === id ? rule : old)))
  const remove = (id: string) => onChange(rules.filter(old => old.id !== id))
  const behaviour = rules.filter(rule => rule.kind === 'behaviour')
  const fit = rules.filter(rule => rule.kind === 'fit')
  return (
    <>
      <Paper withBorder p="md">
        <Stack gap="md">
          <Title order={2}>For what they do</Title>
          {behaviour.length === 0 && (
            <Text size="sm" c="dimmed">
              No rule yet.
            </Text>
          )}
          {behaviour.map(rule => (
            <BehaviourRow
              key={rule.id}
              rule={rule}
              language={language}
              disabled={disabled}
              onChange={next => replace(rule.id, next)}
              onRemove={() => remove(rule.id)}
            />
          ))}
          {!disabled && (
            <Button
              variant="subtle"
              size="compact-sm"
              w="fit-content"
              leftSection={<IconPlus size={14} />}
              onClick={() =>
                onChange([...rules, { id: freshId(), kind: 'behaviour', event: 'page.viewed', points: 5 }])
              }
            >
              Rule for behaviour
            </Button>
          )}
        </Stack>
      </Paper>
      <Paper withBorder p="md">
        <Stack gap="md">
          <Title order={2}>For who they are</Title>
          {fit.length === 0 && (
            <Text size="sm" c="dimmed">
              No rule yet.
            </Text>
          )}
          {fit.map(rule => (
            <FitRow
              key={rule.id}
              rule={rule}
              language={language}
              disabled={disabled}
              onChange={next => replace(rule.id, next)}
              onRemove={() => remove(rule.id)}
            />
          ))}
          {!disabled && (
            <Button
              variant="subtle"
              size="compact-sm"
              w="fit-content"
              leftSection={<IconPlus size={14} />}
              onClick={() =>
                onChange([
                  ...rules,
                  {
                    id: freshId(),
                    kind: 'fit',
                    filter: { all: [{ type: 'field', field: 'country', op: 'is', value: 'DE' }] },
                    points: 10,
                  } as ScoreRule,
                ])
              }
            >
              Rule for fit
            </Button>
          )}
        </Stack>
      </Paper>
    </>
  )
}

function Points({
  value,
  onChange,
  disabled,
}: {
  value: number
  onChange(points: number): void
  disabled: boolean
}) {
  return (
    <NumberInput
      w={84}
      aria-label="Points"
      disabled={disabled}
      value={value}
      prefix={value > 0 ? '+' : ''}
      onChange={n => onChange(Number(n) || 1)}
    />
  )
}

function Remove({ onClick }: { onClick(): void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label="Remove this rule" onClick={onClick}>
      <IconX size={16} />
    </ActionIcon>
  )
}

const periods = [
  { value: 'none', label: 'without a cap' },
  { value: 'day', label: 'a day' },
  { value: 'week', label: 'a week' },
  { value: 'month', label: 'a month' },
  { value: 'ever', label: 'ever' },
]

type RowProps<R> = {
  rule: R
  language: Language
  disabled: boolean
  onChange(rule: R): void
  onRemove(): void
}

function BehaviourRow({ rule, language, disabled, onChange, onRemove }: RowProps<Behaviour>) {
  const chosen = language.events.find(event => event.type === rule.event)
  const where = (rule.where ?? []) as Demand[]
  const { cap, ...withoutCap } = rule
  const setPeriod = (per: string) =>
    onChange(
      per === 'none'
        ? withoutCap
        : {
            ...rule,
            cap: {
              points: cap?.points ?? Math.abs(rule.points) * 3,
              per: per as NonNullable<typeof cap>['per'],
            },
          },
    )
  const setWhere = (next: Demand[]) => onChange({ ...rule, where: next as NonNullable<Behaviour['where']> })
  return (
    <Stack gap={6}>
      <Group gap={6} style={{ rowGap: 6 }}>
        <Points value={rule.points} disabled={disabled} onChange={points => onChange({ ...rule, points })} />
        <Text size="sm">for</Text>
        <Select
          w={210}
          searchable
          aria-label="Event"
          disabled={disabled}
          data={language.events.map(event => ({ value: event.type, label: event.title }))}
          value={rule.event}
          onChange={event => event && onChange({ ...rule, event })}
        />
        {chosen?.named && (
          <Select
            w={200}
            searchable
            clearable
            aria-label="Name of the event"
            placeholder="any name"
            disabled={disabled}
            data={[...new Set([...chosen.names, ...(rule.name ? [rule.name] : [])])]}
            value={rule.name ?? null}
            onChange={name => {
              const { name: _old, ...rest } = rule
              onChange(name ? { ...rest, name } : rest)
            }}
          />
        )}
        <Text size="sm">{cap ? 'at most' : ''}</Text>
        {cap && (
          <NumberInput
            w={90}
            min={Math.abs(rule.points)}
            aria-label="Cap in points"
            disabled={disabled}
            value={cap.points}
            onChange={n => onChange({ ...rule, cap: { ...cap, points: Number(n) || 1 } })}
          />
        )}
        <Select
          w={150}
          aria-label="Cap per"
          disabled={disabled}
          data={periods}
          value={cap?.per ?? 'none'}
          onChange={per => per && setPeriod(per)}
        />
        {!disabled && where.length === 0 && (
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() =>
              setWhere([
                { property: rule.event === 'page.viewed' ? 'path' : '', op: 'starts_with', value: '' },
              ])
            }
          >
            where
          </Button>
        )}
        {!disabled && <Remove onClick={onRemove} />}
      </Group>
      {where.map((demand, at) => (
        <DemandRow
          // biome-ignore lint/suspicious/noArrayIndexKey: demands have no identity of their own
          key={at}
          isFirst={at === 0}
          value={demand}
          language={language}
          disabled={disabled}
          onChange={next => setWhere(where.map((old, i) => (i === at ? next : old)))}
          onRemove={() => setWhere(where.filter((_, i) => i !== at))}
        />
      ))}
    </Stack>
  )
}

function FitRow({ rule, language, disabled, onChange, onRemove }: RowProps<Fit>) {
  return (
    <Group align="flex-start" gap={6}>
      <Points value={rule.points} disabled={disabled} onChange={points => onChange({ ...rule, points })} />
      <Text size="sm" pt={8}>
        while
      </Text>
      <div style={{ flex: '1 1 280px', minWidth: 0 }}>
        <FilterBuilder
          value={rule.filter as Filter}
          onChange={filter => onChange({ ...rule, filter: filter as Fit['filter'] })}
          language={language}
          disabled={disabled}
        />
      </div>
      {!disabled && <Remove onClick={onRemove} />}
    </Group>
  )
}
