import {
  Alert,
  Badge,
  Button,
  Grid,
  Group,
  Menu,
  Paper,
  Stack,
  Tabs,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowForwardUp, IconDots } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay, formatNumber } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded, LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName, PublishDialog } from '@/ui/steward'
import { UsedBy } from '@/ui/used-by'
import { type Filter, isFinished, useLanguage } from './filter'
import { FilterBuilder } from './filter-builder'
import { SegmentMembers } from './segment-members'
import { SegmentPreview, usePreview } from './segment-preview'
import { SegmentWhy } from './segment-why'

const readSegment = (id: string) => call(client.GET('/api/v1/segments/{id}', { params: { path: { id } } }))
export type Segment = Awaited<ReturnType<typeof readSegment>>

/** One segment: its draft in sentences with a live count, its members, why somebody is in it, what rests upon it. */
export function SegmentScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const segment = useQuery({ queryKey: ['segment', id], queryFn: () => readSegment(id) })
  return (
    <LoadedScreen query={segment} lines={10}>
      {data => <Editor key={`${data.id}`} segment={data} onReload={() => void segment.refetch()} />}
    </LoadedScreen>
  )
}

function Editor({ segment, onReload }: { segment: Segment; onReload(): void }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const { tab = 'conditions' } = useSearch({ strict: false }) as { tab?: string }
  const language = useLanguage()
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const save = useCallback(
    async (draft: { name: string; filter: Filter }, version: number) => {
      if (!isFinished(draft.filter))
        throw new ApiError({
          title: 'A condition still lacks a value. It is saved as soon as it has one.',
          status: 422,
          code: 'unfinished',
        })
      const saved = await call(
        client.PATCH('/api/v1/segments/{id}', {
          params: { path: { id: segment.id } },
          body: { version, name: draft.name, filter: draft.filter as never },
        }),
      )
      queries.setQueryData(['segment', segment.id], saved)
      return saved.version
    },
    [segment.id, queries],
  )
  const initial = {
    draft: { name: segment.name, filter: (segment.filter ?? { all: [] }) as Filter },
    version: segment.version,
  }
  const autosave = useAutosave(initial, save)
  const { draft } = autosave
  const preview = usePreview(draft.filter)
  const locked = reason !== null || segment.status === 'archived'
  const stop = async (word: 'pause' | 'archive') => {
    const version = await autosave.flush()
    const params = { path: { id: segment.id } }
    await call(
      word === 'pause'
        ? client.POST('/api/v1/segments/{id}/pause', { params, body: { version } })
        : client.POST('/api/v1/segments/{id}/archive', { params, body: { version } }),
    )
    notifications.show({ message: word === 'pause' ? 'Paused: its members stay as they are.' : 'Archived.' })
    onReload()
  }
  const actions = (
    <>
      <SaveNote state={autosave.state} />
      <Tooltip label="Undo">
        <Button
          variant="default"
          px={8}
          aria-label="Undo"
          disabled={!autosave.canUndo}
          onClick={autosave.undo}
        >
          <IconArrowBackUp size={16} />
        </Button>
      </Tooltip>
      <Tooltip label="Redo">
        <Button
          variant="default"
          px={8}
          aria-label="Redo"
          disabled={!autosave.canRedo}
          onClick={autosave.redo}
        >
          <IconArrowForwardUp size={16} />
        </Button>
      </Tooltip>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More actions">
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={locked || segment.status !== 'live'} onClick={() => void stop('pause')}>
            Pause: keep the members as they are
          </Menu.Item>
          <Menu.Item disabled={locked} onClick={() => void stop('archive')}>
            Archive
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={reason} disabled={!reason}>
        <Button disabled={locked} onClick={() => setPublishing(true)}>
          {segment.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
    </>
  )
  return (
    <Page title={draft.name} words={<SegmentLine segment={segment} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      {segment.broken && (
        <Alert color="red" title="This segment cannot be asked at the moment">
          {segment.broken} It keeps its last good members.
        </Alert>
      )}
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'conditions' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="conditions">Conditions</Tabs.Tab>
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="why">Why (not)?</Tabs.Tab>
          <Tabs.Tab value="used-by">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="conditions" pt="md">
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 8 }}>
              <Stack>
                <TextInput
                  label="Name"
                  maw={420}
                  disabled={locked}
                  value={draft.name}
                  onChange={event => autosave.set({ name: event.currentTarget.value })}
                />
                <Paper withBorder p="md">
                  <Loaded query={language}>
                    {data => (
                      <FilterBuilder
                        value={draft.filter}
                        onChange={filter => autosave.set({ filter })}
                        language={data}
                        disabled={locked}
                      />
                    )}
                  </Loaded>
                </Paper>
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 4 }}>
              <SegmentPreview preview={preview} />
            </Grid.Col>
          </Grid>
        </Tabs.Panel>
        <Tabs.Panel value="people" pt="md">
          <SegmentMembers id={segment.id} isDraft={segment.status === 'draft'} />
        </Tabs.Panel>
        <Tabs.Panel value="why" pt="md">
          <SegmentWhy id={segment.id} />
        </Tabs.Panel>
        <Tabs.Panel value="used-by" pt="md">
          <UsedBy kind="segments" id={segment.id} noun="segment" />
        </Tabs.Panel>
      </Tabs>
      <PublishDialog
        opened={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish “${draft.name}”`}
        deed={
          preview.data
            ? `Publish with ${preview.data.exact ? '' : 'about '}${formatNumber(preview.data.count)} people`
            : 'Publish'
        }
        steward={segment}
        onPublish={async steward => {
          const version = await autosave.flush()
          await call(
            client.POST('/api/v1/segments/{id}/publish', {
              params: { path: { id: segment.id } },
              body: { version, ...steward },
            }),
          )
          notifications.show({ message: 'Published. Its people are being found.' })
          await queries.invalidateQueries()
          window.location.reload()
        }}
      >
        <Text size="sm">{preview.data?.sentence}</Text>
        {preview.data && (
          <Text size="sm">
            {preview.data.exact ? '' : 'About '}
            <b>{formatNumber(preview.data.count)}</b> people match now
            {segment.status === 'live'
              ? `; ${formatNumber(segment.size)} are in it today. Whoever enters or leaves can start workflows.`
              : '. Workflows that begin with this segment start for whoever enters it.'}
          </Text>
        )}
      </PublishDialog>
    </Page>
  )
}

function SegmentLine({ segment }: { segment: Segment }) {
  return (
    <Group gap="sm" component="span">
      <Status status={segment.status} />
      {segment.status !== 'draft' && (
        <Text span size="sm">
          {formatNumber(segment.size)} people
        </Text>
      )}
      {segment.changed && segment.status === 'live' && (
        <Badge color="yellow" c="var(--mantine-color-text)">
          Draft differs from what runs
        </Badge>
      )}
      {segment.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={segment.ownerId} />, review on {segment.reviewOn ? formatDay(segment.reviewOn) : '-'}
        </Text>
      )}
    </Group>
  )
}
