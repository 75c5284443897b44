import { Alert, Badge, Button, Group, Menu, Stack, Stepper, Tabs, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import {
  IconAlertTriangle,
  IconArchive,
  IconDotsVertical,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatDay } from '@/ui/format'
import { Page } from '@/ui/page'
import { LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'
import { type Connection, useConnection, useConnectors, useCrmReason } from './crm'
import { HealthTab } from './health-tab'
import { IssuesTab, useIssues } from './issues-tab'
import { LoadTab } from './load-tab'
import { MappingTab } from './mapping-tab'
import { SettingsTab } from './settings-tab'

const tabs = ['mapping', 'load', 'health', 'issues', 'settings'] as const
type Tab = (typeof tabs)[number]

/** One connection: what passes, what the first load would do, how it is doing, and what does not work. */
export function ConnectionScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const connection = useConnection(id)
  return <LoadedScreen query={connection}>{data => <One key={data.id} connection={data} />}</LoadedScreen>
}

/** Where somebody who opens the screen most likely wants to be. */
function firstTab({ describedAt, liveMapping, loadState }: Connection): Tab {
  if (!describedAt) return 'settings'
  if (liveMapping === null) return 'mapping'
  return loadState === 'done' ? 'health' : 'load'
}

function One({ connection }: { connection: Connection }) {
  const go = useNavigate()
  const search = useSearch({ strict: false }) as { tab?: Tab }
  const tab = search.tab ?? firstTab(connection)
  const issues = useIssues(connection.id, 'open')
  const open = issues.items.length
  return (
    <Page
      title={connection.name}
      words={<Line connection={connection} />}
      actions={<Acts connection={connection} />}
    >
      <Notes connection={connection} />
      {connection.loadState !== 'done' && connection.status !== 'archived' && (
        <Steps connection={connection} />
      )}
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? tab } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="mapping">Mapping</Tabs.Tab>
          <Tabs.Tab value="load">First load</Tabs.Tab>
          <Tabs.Tab value="health">Health</Tabs.Tab>
          <Tabs.Tab
            value="issues"
            rightSection={
              open > 0 ? (
                <Badge size="sm" color="red">
                  {open}
                </Badge>
              ) : null
            }
          >
            Issues
          </Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={tab} pt="md">
          {tab === 'mapping' && <MappingTab connection={connection} />}
          {tab === 'load' && <LoadTab connection={connection} />}
          {tab === 'health' && <HealthTab connection={connection} />}
          {tab === 'issues' && <IssuesTab connection={connection} />}
          {tab === 'settings' && <SettingsTab connection={connection} />}
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

/** Why it stands still, and what is not as it was in the CRM. */
function Notes({ connection: { status, pauseWords, drift } }: { connection: Connection }) {
  return (
    <>
      {status === 'paused' && (
        <Alert color="yellow" icon={<IconPlayerPause size={18} />} title="Nothing is read or written">
          <Text size="sm">
            {pauseWords ?? 'Somebody has paused this connection.'} What changes meanwhile is caught up with.
          </Text>
        </Alert>
      )}
      {drift.length > 0 && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="The CRM is not as it was">
          {drift.map(each => (
            <Text size="sm" key={`${each.object}${each.field}${each.words}`}>
              {each.object}
              {each.field ? `, ${each.field}` : ''}: {each.words}
            </Text>
          ))}
        </Alert>
      )}
    </>
  )
}

/** From the first sign-in to being in step. */
function Steps({ connection: { describedAt, liveMapping, loadState } }: { connection: Connection }) {
  const at = !describedAt
    ? 0
    : liveMapping === null
      ? 1
      : { none: 2, checking: 2, report: 3, loading: 4, done: 5 }[loadState]
  return (
    <Stepper active={at} size="sm" visibleFrom="sm" allowNextStepsSelect={false}>
      <Stepper.Step label="Sign in" />
      <Stepper.Step label="Map and publish" />
      <Stepper.Step label="Dry run" />
      <Stepper.Step label="Accept" />
      <Stepper.Step label="First load" />
    </Stepper>
  )
}

function Line({ connection }: { connection: Connection }) {
  const connectors = useConnectors()
  const name = connectors.data?.items.find(each => each.id === connection.connector)?.name
  return (
    <Group gap="sm" component="span">
      <Status status={connection.status} />
      <Text span size="sm" c="dimmed">
        {name}
      </Text>
      {connection.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={connection.ownerId} />
          {connection.reviewOn ? `, review on ${formatDay(connection.reviewOn)}` : ''}
        </Text>
      )}
    </Group>
  )
}

function Acts({ connection }: { connection: Connection }) {
  const queries = useQueryClient()
  const reason = useCrmReason()
  const { id, status } = connection
  const path = { id }
  const act = useMutation({
    mutationFn: async (word: 'pause' | 'resume' | 'archive') => {
      if (word === 'pause')
        await call(client.POST('/api/v1/crm/connections/{id}/pause', { params: { path } }))
      if (word === 'resume')
        await call(client.POST('/api/v1/crm/connections/{id}/resume', { params: { path } }))
      if (word === 'archive')
        await call(client.POST('/api/v1/crm/connections/{id}/archive', { params: { path } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['crm'] }),
    onError: error =>
      notifications.show({ color: 'red', title: 'This did not work', message: error.message }),
  })
  const isPaused = status === 'paused'
  return (
    <Stack gap={4}>
      <Group gap="xs">
        {(status === 'live' || isPaused) && (
          <Tooltip label={reason} disabled={reason === null}>
            <Button
              variant={isPaused ? 'filled' : 'default'}
              leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
              disabled={reason !== null}
              loading={act.isPending}
              onClick={() => act.mutate(isPaused ? 'resume' : 'pause')}
            >
              {isPaused ? 'Resume' : 'Pause'}
            </Button>
          </Tooltip>
        )}
        {status !== 'archived' && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={8} aria-label="More" disabled={reason !== null}>
                <IconDotsVertical size={16} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => act.mutate('archive')}>
                Put away: links stay, nothing passes any more
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
    </Stack>
  )
}
