import { Button, Checkbox, Group, NumberInput, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatDay, formatNumber } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { usePrivacyReason } from './privacy-screen'

const readRetention = () => call(client.GET('/api/v1/privacy/retention'))
type Retention = Awaited<ReturnType<typeof readRetention>>
type Kind = Retention['items'][number]
type Times = Record<string, number | null>

/** How long each kind of data is kept, and what that removes, before anything is removed. */
export function RetentionPanel() {
  const retention = useQuery({ queryKey: ['privacy', 'retention'], queryFn: readRetention })
  return (
    <Paper withBorder p="md">
      <Stack gap="md">
        <Title order={2}>How long data is kept</Title>
        <Text size="sm" c="dimmed">
          Every night what is past its time is removed for good. Shorter times show at once how much that
          would be.
        </Text>
        <Loaded query={retention} lines={8}>
          {data => <Form key={JSON.stringify(data.items.map(item => item.days))} saved={data} />}
        </Loaded>
      </Stack>
    </Paper>
  )
}

function Form({ saved }: { saved: Retention }) {
  const queries = useQueryClient()
  const reason = usePrivacyReason()
  const [change, setChange] = useState<Times>({})
  const [asked] = useDebouncedValue(change, 400)
  const isChanged = Object.keys(change).length > 0
  const preview = useQuery({
    queryKey: ['privacy', 'retention', asked],
    queryFn: () => call(client.POST('/api/v1/privacy/retention/preview', { body: asked })),
    enabled: Object.keys(asked).length > 0,
    placeholderData: earlier => earlier,
  })
  const shown = isChanged ? (preview.data ?? saved) : saved
  const total = shown.items.reduce((sum, item) => sum + item.expired, 0)
  const save = useMutation({
    mutationFn: () => call(client.PATCH('/api/v1/privacy/retention', { body: change })),
    onSuccess: () => notifications.show({ message: 'Saved. The next night keeps to it.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['privacy', 'retention'] }),
  })
  const start = useMutation({
    mutationFn: () => call(client.POST('/api/v1/privacy/retention/run', {})),
    onSuccess: () => {
      notifications.show({ message: 'It runs; the tray of jobs shows how far it is.' })
      void queries.invalidateQueries({ queryKey: ['jobs'] })
    },
  })
  const set = (kind: Kind, days: number | null) =>
    setChange(before => {
      const { [kind.kind]: _old, ...rest } = before
      return days === kind.days ? rest : { ...rest, [kind.kind]: days }
    })
  const numbers = new Map(shown.items.map(item => [item.kind, item]))
  return (
    <Stack gap="sm">
      <Table.ScrollContainer minWidth={720} type="native">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Kind</Table.Th>
              <Table.Th w={130}>Days</Table.Th>
              <Table.Th w={130}>For good</Table.Th>
              <Table.Th w={190} ta="right">
                Next run removes
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {saved.items.map(item => (
              <Row
                key={item.kind}
                kind={item}
                days={item.kind in change ? (change[item.kind] ?? null) : item.days}
                numbers={numbers.get(item.kind) ?? item}
                countedTo={saved.countedTo}
                isLocked={reason !== null}
                onChange={days => set(item, days)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {save.isError && <ErrorNote error={save.error} />}
      {start.isError && <ErrorNote error={start.error} />}
      {preview.isError && <ErrorNote error={preview.error} />}
      <Group justify="flex-end">
        {reason && (
          <Text size="sm" c="dimmed">
            {reason}
          </Text>
        )}
        <Button
          variant="default"
          disabled={reason !== null || isChanged || total === 0}
          title={isChanged ? 'Save the times first.' : undefined}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          {total === 0 ? 'Nothing is past its time' : `Remove ${formatNumber(total)} rows now`}
        </Button>
        <Button
          disabled={reason !== null || !isChanged}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          Save these times
        </Button>
      </Group>
    </Stack>
  )
}

type RowProps = {
  kind: Kind
  days: number | null
  numbers: Kind
  countedTo: number
  isLocked: boolean
  onChange(days: number | null): void
}

function Row({ kind, days, numbers, countedTo, isLocked, onChange }: RowProps) {
  const fallback = kind.default ?? Math.max(kind.least, 730)
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {kind.words}
        </Text>
        <Text size="xs" c="dimmed">
          {kind.note}
        </Text>
      </Table.Td>
      <Table.Td>
        <NumberInput
          size="xs"
          aria-label={`Days for ${kind.words}`}
          min={kind.least}
          max={36_500}
          clampBehavior="blur"
          placeholder="for good"
          disabled={isLocked || days === null}
          value={days ?? ''}
          onChange={value => typeof value === 'number' && onChange(value)}
        />
      </Table.Td>
      <Table.Td>
        <Checkbox
          size="xs"
          label="Keep"
          aria-label={`Keep ${kind.words} for good`}
          disabled={isLocked}
          checked={days === null}
          onChange={event => onChange(event.currentTarget.checked ? null : (kind.days ?? fallback))}
        />
      </Table.Td>
      <Table.Td ta="right">
        {numbers.expired === 0 ? (
          <Text size="sm" c="dimmed">
            nothing
          </Text>
        ) : (
          <>
            <Text size="sm" className="numbers" fw={600}>
              {numbers.expired >= countedTo ? 'more than ' : ''}
              {formatNumber(numbers.expired)}
            </Text>
            {numbers.oldest && (
              <Text size="xs" c="dimmed">
                oldest of {formatDay(numbers.oldest)}
              </Text>
            )}
          </>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
