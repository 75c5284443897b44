import { Anchor, Button, Table, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useCreating } from '@/ui/create-dialog'
import { formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { CreateWebhook } from './webhooks-create'
import { useEventTypes, useWebhookReason, useWebhooks, type Webhook } from './webhooks-data'
import { WebhookState } from './webhooks-state'

/** Who outside is told of what happens here. */
export function WebhooksScreen() {
  const reason = useWebhookReason()
  const webhooks = useWebhooks(reason === null)
  const creating = useCreating()
  return (
    <Page
      title="Webhooks"
      words="Programs elsewhere hear of events as they happen: signed, at least once, tried for three days."
      actions={
        <Tooltip label={reason} disabled={reason === null}>
          <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
            New webhook
          </Button>
        </Tooltip>
      }
    >
      {reason && <Text size="sm">{reason}. Ask one of them.</Text>}
      {!reason && (
        <Loaded query={webhooks}>
          {data =>
            data.items.length === 0 ? (
              <Empty
                title="Nobody is told yet"
                words="A webhook calls an address of yours whenever something happens to a contact: a warehouse, a chat, a program of your own."
                action={{ label: 'Make a webhook', onClick: creating.open }}
              />
            ) : (
              <Webhooks items={data.items} />
            )
          }
        </Loaded>
      )}
      <CreateWebhook />
    </Page>
  )
}

function Webhooks({ items }: { items: Webhook[] }) {
  const types = useEventTypes().data?.items ?? []
  const titleOf = (type: string) =>
    type === '*' ? 'Everything' : (types.find(each => each.type === type)?.title ?? type)
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table verticalSpacing="sm" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Events</Table.Th>
            <Table.Th>Last delivered</Table.Th>
            <Table.Th ta="right">Waiting</Table.Th>
            <Table.Th ta="right">Failed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(item => (
            <Table.Tr key={item.id}>
              <Table.Td>
                <Anchor component={Link} to={`/settings/webhooks/${item.id}`} size="sm" fw={500}>
                  {item.name}
                </Anchor>
                <Text size="xs" c="dimmed" truncate maw={320}>
                  {item.url}
                </Text>
              </Table.Td>
              <Table.Td>
                <WebhookState {...item} />
              </Table.Td>
              <Table.Td>
                <Text size="sm" maw={300} lineClamp={2}>
                  {item.types.map(titleOf).join(', ')}
                  {item.filter ? ', filtered' : ''}
                </Text>
              </Table.Td>
              <Table.Td>
                {item.deliveredAt ? <When at={item.deliveredAt} /> : <Text size="sm">never</Text>}
              </Table.Td>
              <Table.Td ta="right" className="numbers">
                {formatNumber(item.waiting)}
              </Table.Td>
              <Table.Td ta="right" className="numbers">
                {formatNumber(item.failed)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
