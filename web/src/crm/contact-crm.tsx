import { Anchor, Badge, Button, Group, Paper, Stack, Table, Text, Title, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconExternalLink, IconRefresh, IconSnowflake } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { OwnerName } from '@/ui/steward'
import { type Rule, ruleWords, shownValue, spoken } from './crm'

const readPerson = (id: string) => call(client.GET('/api/v1/contacts/{id}/crm', { params: { path: { id } } }))
type Person = Awaited<ReturnType<typeof readPerson>>
type Linked = Person['connections'][number]
type CrmRecord = Linked['records'][number]

/** A contact in the CRMs: the records, what stands on both sides, where they disagreed and who won, and deals. */
export function ContactCrm({ id }: { id: string }) {
  const person = useQuery({
    queryKey: ['contact-crm', id],
    queryFn: () => readPerson(id),
    refetchInterval: 10_000,
  })
  return (
    <Loaded query={person}>
      {data =>
        data.connections.length === 0 ? (
          <Empty
            title="Not in a CRM"
            words="No connected CRM knows this contact. What is linked shows here with the values of both sides."
          >
            <Anchor component={Link} to="/crm" size="sm">
              Connections
            </Anchor>
          </Empty>
        ) : (
          <Stack gap="md">
            {data.connections.map(connection => (
              <OneCrm key={connection.connectionId} contactId={id} linked={connection} />
            ))}
            {data.deals.length > 0 && <Deals deals={data.deals} />}
            {data.conflicts.length > 0 && <Conflicts conflicts={data.conflicts} />}
          </Stack>
        )
      }
    </Loaded>
  )
}

function OneCrm({ contactId, linked }: { contactId: string; linked: Linked }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={2}>{linked.connectionName}</Title>
            {linked.waiting !== 'no' && (
              <Badge color={linked.waiting === 'parked' ? 'red' : 'yellow'} c="var(--mantine-color-text)">
                {linked.waiting === 'parked' ? 'Set aside: see issues' : 'Waits to be written'}
              </Badge>
            )}
          </Group>
          <SyncNow contactId={contactId} />
        </Group>
        {linked.records.map(record => (
          <OneRecord key={`${record.type}${record.id}`} record={record} />
        ))}
      </Stack>
    </Paper>
  )
}

function SyncNow({ contactId }: { contactId: string }) {
  const queries = useQueryClient()
  const role = useMe().data?.role
  const may = role !== undefined && role !== 'analyst' && role !== 'viewer'
  const push = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/contacts/{id}/crm/push', { params: { path: { id: contactId } } })),
    onSuccess: async () => {
      notifications.show({ message: 'Both sides are being brought together.' })
      await queries.invalidateQueries({ queryKey: ['contact-crm', contactId] })
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'This did not work', message: error.message }),
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconRefresh size={14} />}
      disabled={!may}
      loading={push.isPending}
      onClick={() => push.mutate()}
    >
      Sync now
    </Button>
  )
}

const stateWords: Record<CrmRecord['state'], string> = {
  active: 'Linked',
  deleted_remote: 'Deleted in the CRM',
  deleted_local: 'Deleted here',
  merged: 'Merged into another',
  converted: 'Converted',
}

function OneRecord({ record }: { record: CrmRecord }) {
  const name = `${record.type} ${record.id}`
  return (
    <Stack gap="xs">
      <Group gap="sm">
        {record.url ? (
          <Anchor href={record.url} target="_blank" rel="noreferrer" size="sm" fw={600}>
            {name} <IconExternalLink size={12} aria-label="opens the CRM" />
          </Anchor>
        ) : (
          <Text size="sm" fw={600}>
            {name}
          </Text>
        )}
        <Badge
          color={record.state === 'active' ? 'tend' : 'gray'}
          {...(record.state === 'active' ? {} : { c: 'var(--mantine-color-text)' })}
        >
          {stateWords[record.state]}
          {record.became ? `: ${record.became.type} ${record.became.id}` : ''}
        </Badge>
        {record.isPrimary && (
          <Text size="sm" c="dimmed">
            the main record
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {record.pulledAt && (
            <>
              read <When at={record.pulledAt} />
            </>
          )}
          {record.pushedAt && (
            <>
              {record.pulledAt ? ', ' : ''}written <When at={record.pushedAt} />
            </>
          )}
        </Text>
      </Group>
      {record.state === 'active' && record.fields.length > 0 && <Fields record={record} />}
    </Stack>
  )
}

function Fields({ record }: { record: CrmRecord }) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            <Table.Th>Here</Table.Th>
            <Table.Th w={150}>Who decides</Table.Th>
            <Table.Th>In the CRM</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {record.fields.map(field => {
            const rule = ruleWords[field.rule as Rule]
            const isFrozen = record.frozen.includes(field.local)
            return (
              <Table.Tr key={`${field.local}${field.remote}`}>
                <Table.Td>
                  <Text size="sm">{spoken(field.local)}</Text>
                </Table.Td>
                <Table.Td>
                  <Value field={field.local} value={field.ours} />
                </Table.Td>
                <Table.Td>
                  {isFrozen ? (
                    <Tooltip label="Two rules fought over it: it rests until the issue is retried">
                      <Group gap={4} wrap="nowrap">
                        <IconSnowflake size={14} aria-hidden />
                        <Text size="sm">rests</Text>
                      </Group>
                    </Tooltip>
                  ) : (
                    <Tooltip label={rule?.words ?? field.rule} multiline maw={280}>
                      <Text size="sm">
                        {rule?.arrow} {rule?.label ?? field.rule}
                      </Text>
                    </Tooltip>
                  )}
                </Table.Td>
                <Table.Td>
                  <Value field={field.local} value={field.theirs} />
                </Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** A value as people read it: owners and companies by their names' links, not by ids. */
function Value({ field, value }: { field: string; value: unknown }) {
  if (field === 'owner_id' && typeof value === 'string') return <OwnerName id={value} />
  if (field === 'company_id' && typeof value === 'string')
    return (
      <Anchor component={Link} to={`/companies/${value}`} size="sm">
        the company
      </Anchor>
    )
  return <Text size="sm">{shownValue(value)}</Text>
}

const dealState = { open: 'Open', won: 'Won', lost: 'Lost' }

function Deals({ deals }: { deals: Person['deals'] }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={2}>Deals</Title>
        {deals.map(deal => (
          <Group key={deal.id} justify="space-between">
            <div>
              <Text size="sm" fw={600}>
                {deal.name}
              </Text>
              <Text size="sm" c="dimmed">
                {[dealState[deal.status], deal.stage, deal.role].filter(Boolean).join(' · ')}
              </Text>
            </div>
            <Text size="sm" className="numbers">
              {deal.amount === null ? '' : money(deal.amount, deal.currency)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  )
}

function money(amount: number, currency: string | null): string {
  if (!currency || !/^[A-Z]{3}$/.test(currency)) return new Intl.NumberFormat().format(amount)
  return new Intl.NumberFormat(undefined, { style: 'currency', currency, maximumFractionDigits: 0 }).format(
    amount,
  )
}

function Conflicts({ conflicts }: { conflicts: Person['conflicts'] }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={2}>Both sides had changed</Title>
        {conflicts.map(conflict => (
          <Group key={conflict.id} justify="space-between" align="flex-start">
            <Text size="sm">
              <Text span size="sm" fw={600}>
                {spoken(conflict.field)}
              </Text>
              : here {shownValue(conflict.ours)}, in the CRM {shownValue(conflict.theirs)};{' '}
              {conflict.winner === 'crm' ? 'the CRM won' : 'Tend won'}
            </Text>
            <When at={conflict.at} />
          </Group>
        ))}
      </Stack>
    </Paper>
  )
}
