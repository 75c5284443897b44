import { Anchor, Button, Text, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useCreating } from '@/ui/create-dialog'
import { When } from '@/ui/format'
import { type Column, ownerColumn, PlainTable, reviewColumn, statusColumn } from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { ConnectDialog } from './connect-dialog'
import { type Connection, useConnections, useConnectors, useCrmReason } from './crm'

/** The step at which a connection stands, in words. */
function standing({ status, loadState, pauseWords, liveMapping }: Connection): string {
  if (status === 'archived') return 'Put away'
  if (status === 'paused') return pauseWords ?? 'Paused by somebody'
  if (liveMapping === null) return 'To be mapped and published'
  return {
    none: 'Waits for its dry run',
    checking: 'The dry run is under way',
    report: 'The dry run waits to be accepted',
    loading: 'The first load is under way',
    done: 'In step',
  }[loadState]
}

/** The CRMs that know the same people. */
export function CrmScreen() {
  const connections = useConnections()
  const creating = useCreating()
  const reason = useCrmReason()
  return (
    <Page
      title="CRM"
      words="Marketing and sales see the same person: field by field with a rule each, nothing overwritten by surprise, nothing made twice."
      actions={
        <Tooltip label={reason} disabled={reason === null}>
          <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
            Connect a CRM
          </Button>
        </Tooltip>
      }
    >
      <Loaded query={connections}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="No CRM is connected"
              words="A connection keeps people, companies and deals in step both ways. It begins with a dry run that writes nothing and says in numbers what would happen."
              {...(reason === null ? { action: { label: 'Connect a CRM', onClick: creating.open } } : {})}
            />
          ) : (
            <Connections items={items} />
          )
        }
      </Loaded>
      <ConnectDialog />
    </Page>
  )
}

function Connections({ items }: { items: Connection[] }) {
  const connectors = useConnectors()
  const nameOf = (id: string) => connectors.data?.items.find(each => each.id === id)?.name ?? id
  const columns: Column<Connection>[] = [
    {
      title: 'Connection',
      cell: row => (
        <>
          <Anchor component={Link} to={`/crm/${row.id}`} fw={600} size="sm">
            {row.name}
          </Anchor>
          <Text size="sm" c="dimmed">
            {nameOf(row.connector)}
          </Text>
        </>
      ),
    },
    statusColumn,
    { title: 'Where it stands', cell: row => <Text size="sm">{standing(row)}</Text> },
    {
      title: 'Last in step',
      cell: row => (row.syncedAt ? <When at={row.syncedAt} /> : <Text size="sm">not yet</Text>),
    },
    ownerColumn,
    reviewColumn,
  ]
  return <PlainTable items={items} columns={columns} minWidth={760} />
}
