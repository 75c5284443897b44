import { Anchor, Badge, SegmentedControl, Table, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatDay } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { RenewButton } from './renew'

const nouns: Record<string, string> = {
  segments: 'Segment',
  scoring: 'Score model',
  emails: 'Email',
  workflows: 'Workflow',
  campaigns: 'Campaign',
  forms: 'Form',
  pages: 'Landing page',
  alerts: 'Sales alert',
  crm: 'CRM connection',
}

/** Everything that is live, with who answers for it and when somebody looks at it again; the most overdue first. */
export function ReviewsScreen() {
  const { whose = 'all' } = useSearch({ strict: false }) as { whose?: string }
  const go = useNavigate()
  const reviews = useQuery({
    queryKey: ['reviews', whose],
    queryFn: () =>
      call(client.GET('/api/v1/reviews', { params: { query: whose === 'mine' ? { mine: 'true' } : {} } })),
  })
  return (
    <Page
      title="Stewardship"
      words="Nothing runs unowned: what is live has somebody who answers for it and a day on which it is looked at again. A workflow that nobody looks at for two weeks after that day is paused."
      actions={
        <SegmentedControl
          size="xs"
          data={[
            { value: 'all', label: 'Everything' },
            { value: 'mine', label: 'Mine' },
          ]}
          value={whose}
          onChange={next => void go({ to: '/reviews', search: { whose: next } })}
          aria-label="Whose"
        />
      }
    >
      <Loaded query={reviews}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="Nothing is live"
              words="When a segment, a score model, an email or a workflow is published, it shows here with its owner and its review."
            />
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table verticalSpacing="sm" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>What</Table.Th>
                    <Table.Th>Kind</Table.Th>
                    <Table.Th>Owner</Table.Th>
                    <Table.Th>Review</Table.Th>
                    <Table.Th aria-label="Action" />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(item => (
                    <Table.Tr key={`${item.kind}${item.id}`}>
                      <Table.Td>
                        <Anchor component={Link} to={`/${item.kind}/${item.id}`} size="sm" fw={600}>
                          {item.name}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>{nouns[item.kind] ?? item.kind}</Table.Td>
                      <Table.Td>{item.ownerName ?? <Text size="sm">nobody any more</Text>}</Table.Td>
                      <Table.Td>
                        {item.overdue ? (
                          <Badge color="red" leftSection={<IconAlertTriangle size={12} />}>
                            {item.paused ? 'paused, due since' : 'due since'} {formatDay(item.reviewOn)}
                          </Badge>
                        ) : (
                          formatDay(item.reviewOn)
                        )}
                        {item.overdue && item.pausesOn && (
                          <Text size="xs" c="dimmed">
                            pauses on {formatDay(item.pausesOn)}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td ta="right">
                        <RenewButton item={item} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
    </Page>
  )
}
