import { ActionIcon, Box, Button, Group, Menu, SegmentedControl, Stack, Text, Tooltip } from '@mantine/core'
import { IconCopy, IconFolderPlus, IconPlus, IconX } from '@tabler/icons-react'
import { ConditionRow } from './condition-row'
import {
  type Condition,
  countConditions,
  type Filter,
  type Group as FilterGroup,
  type GroupMode,
  isGroup,
  type Language,
  newCondition,
  readGroup,
  writeGroup,
} from './filter'

const modes: { value: GroupMode; label: string }[] = [
  { value: 'all', label: 'All of' },
  { value: 'any', label: 'Any of' },
  { value: 'none', label: 'None of' },
]

type Props = {
  value: Filter
  onChange(filter: Filter): void
  language: Language
  disabled?: boolean
  depth?: number
}

/** Builds a filter in sentences: groups of conditions, nested as deep as the language allows. */
export function FilterBuilder({ value, onChange, language, disabled = false, depth = 0 }: Props) {
  const group = readGroup(value)
  const change = (next: Partial<FilterGroup>) => onChange(writeGroup({ ...group, ...next }))
  const replace = (at: number, part: Filter) =>
    change({ parts: group.parts.map((old, i) => (i === at ? part : old)) })
  const isFull = depth === 0 && countConditions(value) >= language.limits.conditions
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <SegmentedControl
          size="xs"
          data={modes}
          value={group.mode}
          disabled={disabled}
          onChange={mode => change({ mode: mode as GroupMode })}
          aria-label={
            depth === 0 ? 'How the conditions are joined' : 'How the conditions of this group are joined'
          }
        />
        {group.parts.length === 0 && (
          <Text size="sm" c="dimmed">
            Nothing yet: an empty group matches nobody.
          </Text>
        )}
      </Group>
      <Stack gap="xs" pl="md" style={{ borderLeft: '2px solid var(--tend-line)' }}>
        {group.parts.map((part, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity of their own; rows keep no state
          <Group key={at} align="flex-start" gap="xs" wrap="nowrap">
            <Box style={{ flex: 1, minWidth: 0 }}>
              {isGroup(part) ? (
                <Box
                  p="sm"
                  style={{
                    border: '1px solid var(--tend-line)',
                    borderRadius: 8,
                    background: 'var(--tend-quiet)',
                  }}
                >
                  <FilterBuilder
                    value={part}
                    onChange={next => replace(at, next)}
                    language={language}
                    disabled={disabled}
                    depth={depth + 1}
                  />
                </Box>
              ) : (
                <ConditionRow
                  value={part as Condition}
                  onChange={next => replace(at, next)}
                  language={language}
                  disabled={disabled}
                />
              )}
            </Box>
            {!disabled && (
              <Group gap={2} wrap="nowrap" pt={2}>
                <Tooltip label="Copy">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label="Copy this condition"
                    onClick={() =>
                      change({
                        parts: [
                          ...group.parts.slice(0, at + 1),
                          structuredClone(part),
                          ...group.parts.slice(at + 1),
                        ],
                      })
                    }
                  >
                    <IconCopy size={16} />
                  </ActionIcon>
                </Tooltip>
                <Tooltip label="Remove">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label="Remove this condition"
                    onClick={() => change({ parts: group.parts.filter((_, i) => i !== at) })}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                </Tooltip>
              </Group>
            )}
          </Group>
        ))}
        {!disabled && (
          <Group gap="xs">
            <AddCondition
              language={language}
              disabled={isFull}
              onAdd={condition => change({ parts: [...group.parts, condition] })}
            />
            {depth + 1 < language.limits.depth && (
              <Button
                variant="subtle"
                size="compact-sm"
                leftSection={<IconFolderPlus size={14} />}
                disabled={isFull}
                onClick={() => change({ parts: [...group.parts, { any: [] }] })}
              >
                Group
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Stack>
  )
}

const menuWords: Record<Condition['type'], string> = {
  field: 'Who they are (a field)',
  event: 'What they did (an event)',
  list: 'A list they are on',
  segment: 'A segment they are in',
  consent: 'What they agreed to',
  score: 'Their score',
  company: 'Their company',
  company_people: 'How many work there',
}

function AddCondition({
  language,
  onAdd,
  disabled,
}: {
  language: Language
  onAdd(condition: Condition): void
  disabled: boolean
}) {
  const reasons: Partial<Record<Condition['type'], boolean>> = {
    list: language.lists.length === 0,
    segment: language.segments.length === 0,
    score: language.scoreModels.length === 0,
  }
  return (
    <Menu shadow="md" position="bottom-start">
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} disabled={disabled}>
          Condition
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {language.conditions.map(({ type }) => (
          <Menu.Item
            key={type}
            disabled={reasons[type] ?? false}
            onClick={() => onAdd(newCondition(language, type))}
          >
            {menuWords[type]}
            {reasons[type] ? ' - there is none yet' : ''}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
