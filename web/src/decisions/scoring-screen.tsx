import { Anchor, Button, Table, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { CreateDialog, useCreating } from '@/ui/create-dialog'
import { formatDay, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'

/** All score models: few, so there is no paging. */
export function ScoringScreen() {
  const go = useNavigate()
  const creating = useCreating()
  const reason = useEditReason()
  const models = useQuery({
    queryKey: ['score-models'],
    queryFn: () => call(client.GET('/api/v1/score-models')),
  })
  const action = (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
        New score model
      </Button>
    </Tooltip>
  )
  return (
    <Page
      title="Scoring"
      words="Points for who somebody is and for what he did; every point keeps its reason, and what is long ago counts less."
      actions={action}
    >
      <Loaded query={models}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="No score model yet"
              words="A score says how warm a lead is. Give points for a download or a look at the pricing page, let them fade with time, and have sales told when a threshold is crossed."
              {...(reason ? {} : { action: { label: 'Make the first score model', onClick: creating.open } })}
            />
          ) : (
            <Table.ScrollContainer minWidth={680}>
              <Table highlightOnHover verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Score model</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th>Owner</Table.Th>
                    <Table.Th>Review</Table.Th>
                    <Table.Th>Changed</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(model => (
                    <Table.Tr key={model.id}>
                      <Table.Td>
                        <Anchor component={Link} to={`/scoring/${model.id}`} fw={600} size="sm">
                          {model.name}
                        </Anchor>
                        <Text size="sm" c="dimmed">
                          {model.draft.rules.length} rules ·{' '}
                          {model.draft.halfLifeDays === null
                            ? 'no decay'
                            : `half after ${model.draft.halfLifeDays} days`}{' '}
                          · {model.draft.thresholds.length} thresholds
                          {model.counting ? ' · counting ...' : ''}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Status status={model.status} />
                      </Table.Td>
                      <Table.Td>
                        <OwnerName id={model.ownerId} />
                      </Table.Td>
                      <Table.Td>{model.reviewOn ? formatDay(model.reviewOn) : '-'}</Table.Td>
                      <Table.Td>
                        <When at={model.updatedAt} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      <CreateDialog
        noun="score model"
        placeholder="Lead score"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/score-models', { body: { name } }))
          await go({ to: `/scoring/${made.id}` })
        }}
      />
    </Page>
  )
}
