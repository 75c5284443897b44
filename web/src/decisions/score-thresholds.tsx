import { ActionIcon, Button, Group, NumberInput, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import type { ScoreDraft } from './score-model-screen'

type Thresholds = ScoreDraft['thresholds']

/** Names for heights of the score; crossing one, up or down, is an event that starts workflows. */
export function ScoreThresholds({
  thresholds,
  onChange,
  disabled,
}: {
  thresholds: Thresholds
  onChange(next: Thresholds): void
  disabled: boolean
}) {
  const replace = (at: number, change: Partial<Thresholds[number]>) =>
    onChange(thresholds.map((old, i) => (i === at ? { ...old, ...change } : old)))
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Thresholds</Title>
        <Text size="sm" c="dimmed">
          Crossing one raises an event, up or down - also when it is only time that passes, at the very moment
          it happens.
        </Text>
        {thresholds.map((threshold, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own
          <Group key={at} gap="xs" wrap="nowrap">
            <TextInput
              aria-label="Name of the threshold"
              placeholder="Sales ready"
              disabled={disabled}
              value={threshold.name}
              onChange={event => replace(at, { name: event.currentTarget.value })}
              style={{ flex: 1 }}
            />
            <Text size="sm">at</Text>
            <NumberInput
              w={100}
              min={0.01}
              aria-label="Points of the threshold"
              disabled={disabled}
              value={threshold.value}
              onChange={n => replace(at, { value: Number(n) || 1 })}
            />
            {!disabled && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label="Remove this threshold"
                onClick={() => onChange(thresholds.filter((_, i) => i !== at))}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!disabled && (
          <Button
            variant="subtle"
            size="compact-sm"
            w="fit-content"
            leftSection={<IconPlus size={14} />}
            onClick={() =>
              onChange([
                ...thresholds,
                { name: `Threshold ${thresholds.length + 1}`, value: 50 * (thresholds.length + 1) },
              ])
            }
          >
            Threshold
          </Button>
        )}
      </Stack>
    </Paper>
  )
}
