import { Anchor, Badge, Button, Table, Text, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { formatDay, formatNumber, When } from '@/ui/format'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { OwnerName } from '@/ui/steward'
import { type Definition, nodesOf } from './definition'
import { draftOf, useVersions, type Workflow } from './workflow'

const insideWords = { stay: 'stayed in theirs', move: 'moved over', exit: 'left' }

/** What was published when, by whom, and how many still stand in each. */
export function VersionsTab({
  workflow,
  disabled,
  onTake,
}: {
  workflow: Workflow
  disabled: boolean
  onTake(definition: Definition, number: number): void
}) {
  const versions = useVersions(workflow)
  return (
    <Loaded query={versions}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            title="Nothing was published yet"
            words="Each publishing makes a version that never changes again. People stay in the version they came in by, unless you move them."
          />
        ) : (
          <Table.ScrollContainer minWidth={720}>
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Version</Table.Th>
                  <Table.Th>Published</Table.Th>
                  <Table.Th>By</Table.Th>
                  <Table.Th ta="right">Steps</Table.Th>
                  <Table.Th ta="right">In it now</Table.Th>
                  <Table.Th>Those inside then</Table.Th>
                  <Table.Th>Owner, review</Table.Th>
                  <Table.Th>
                    <VisuallyHidden>What can be done</VisuallyHidden>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map(version => (
                  <Table.Tr key={version.number}>
                    <Table.Td>
                      <Text span size="sm" fw={600} mr={8}>
                        {version.number}
                      </Text>
                      {version.number === workflow.liveVersion && (
                        <Badge>{workflow.status === 'live' ? 'Live' : 'The last'}</Badge>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <When at={version.publishedAt} />
                    </Table.Td>
                    <Table.Td>{version.publishedBy}</Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {Object.keys(nodesOf(version.definition as Definition)).length}
                    </Table.Td>
                    <Table.Td ta="right" className="numbers">
                      {version.standing === 0 ? (
                        '0'
                      ) : (
                        <Anchor
                          component={Link}
                          to="."
                          search={{ tab: 'people', status: 'active' } as never}
                          size="sm"
                        >
                          {formatNumber(version.standing)}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td>{version.number === 1 ? '-' : insideWords[version.inside]}</Table.Td>
                    <Table.Td>
                      <OwnerName id={version.ownerId} />, {formatDay(version.reviewOn)}
                    </Table.Td>
                    <Table.Td ta="right">
                      <Button
                        size="compact-sm"
                        variant="default"
                        disabled={disabled}
                        onClick={() => onTake(draftOf(version.definition), version.number)}
                      >
                        Take as the draft
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )
      }
    </Loaded>
  )
}
