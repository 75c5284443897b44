import { Button, Grid, Group, Menu, Stack, Tabs, Text, TextInput, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import {
  IconArchive,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconDotsVertical,
  IconPlayerPause,
} from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay, formatNumber } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded, LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName, PublishDialog } from '@/ui/steward'
import { type AlertDraft, type AlertRule, readRule } from './alert'
import { AlertLog } from './alert-log'
import { AlertPeople } from './alert-people'
import { AlertPreview } from './alert-preview'
import { AlertTrigger } from './alert-trigger'
import { AlertWays } from './alert-ways'

/** One alert: when, about whom, what it says, who is told and how; beside it what that comes to. */
export function AlertScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const rule = useQuery({ queryKey: ['alert-rule', id], queryFn: () => readRule(id) })
  return <LoadedScreen query={rule}>{data => <Editor key={data.id} rule={data} />}</LoadedScreen>
}

function useDraft(rule: AlertRule) {
  const queries = useQueryClient()
  const save = useCallback(
    async ({ name, draft }: { name: string; draft: AlertDraft }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/alert-rules/{id}', {
          params: { path: { id: rule.id } },
          body: { version, name, draft: draft as never },
        }),
      )
      queries.setQueryData(['alert-rule', rule.id], saved)
      return saved.version
    },
    [rule.id, queries],
  )
  return useAutosave({ draft: { name: rule.name, draft: rule.draft }, version: rule.version }, save)
}

function Editor({ rule }: { rule: AlertRule }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const { tab = 'rule' } = useSearch({ strict: false }) as { tab?: string }
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const autosave = useDraft(rule)
  const { name, draft } = autosave.draft
  const disabled = reason !== null || rule.status === 'archived'
  const part = {
    draft,
    disabled,
    set: (change: Partial<AlertDraft>) => autosave.set({ draft: { ...draft, ...change } }),
  }
  const actions = (
    <>
      <SaveNote state={autosave.state} />
      <Button variant="default" px={8} aria-label="Undo" disabled={!autosave.canUndo} onClick={autosave.undo}>
        <IconArrowBackUp size={16} />
      </Button>
      <Button variant="default" px={8} aria-label="Redo" disabled={!autosave.canRedo} onClick={autosave.redo}>
        <IconArrowForwardUp size={16} />
      </Button>
      <Tooltip label={reason} disabled={!reason}>
        <Button disabled={disabled} onClick={() => setPublishing(true)}>
          {rule.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
      <MoreMenu rule={rule} disabled={disabled} flush={autosave.flush} />
    </>
  )
  return (
    <Page title={name} words={<RuleLine rule={rule} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'rule' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="rule">Rule</Tabs.Tab>
          <Tabs.Tab value="told">Told so far</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rule" pt="md">
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 7 }}>
              <Stack gap="md">
                <TextInput
                  label="Name"
                  maw={420}
                  disabled={disabled}
                  value={name}
                  onChange={event => autosave.set({ name: event.currentTarget.value })}
                />
                <AlertTrigger {...part} />
                <TextInput
                  label="What the message says of the person"
                  placeholder="is looking at the prices, a good moment to call"
                  description="After the name: “Ann Lee: is looking at the prices, a good moment to call”"
                  disabled={disabled}
                  maxLength={300}
                  value={draft.message}
                  onChange={event => part.set({ message: event.currentTarget.value })}
                />
                <AlertPeople {...part} />
                <AlertWays {...part} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 5 }}>
              <AlertPreview name={name} draft={draft} />
            </Grid.Col>
          </Grid>
        </Tabs.Panel>
        <Tabs.Panel value="told" pt="md">
          <AlertLog ruleId={rule.id} />
        </Tabs.Panel>
      </Tabs>
      <PublishDialog
        opened={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish “${name}”`}
        deed="Publish and tell from now on"
        steward={rule}
        onPublish={async steward => {
          const version = await autosave.flush()
          const path = { id: rule.id }
          await call(
            client.POST('/api/v1/alert-rules/{id}/publish', {
              params: { path },
              body: { version, ...steward },
            }),
          )
          notifications.show({ message: 'Published. Sales is told from now on.' })
          await queries.invalidateQueries({ queryKey: ['alert-rule', rule.id] })
          // The editor begins anew from what stands on the server.
          window.location.reload()
        }}
      >
        <PublishNumbers name={name} draft={draft} />
      </PublishDialog>
    </Page>
  )
}

/** Consequences in numbers: how often sales would have been told. */
function PublishNumbers({ name, draft }: { name: string; draft: AlertDraft }) {
  const preview = useQuery({
    queryKey: ['alert-preview', name, JSON.stringify(draft), 'publish'],
    queryFn: () =>
      call(
        client.POST('/api/v1/alert-rules/preview', {
          body: { name: name || 'Alert', draft: draft as never, contactId: null },
        }),
      ),
  })
  return (
    <Loaded query={preview} lines={2}>
      {({ times, people }) => (
        <Text size="sm">
          In the last 30 days it would have told sales{' '}
          <Text span fw={700}>
            {times === null ? 'very often' : `${formatNumber(times)} times`}
          </Text>
          {times ? `, about ${formatNumber(people)} people` : ''}. What lies in the past is not told.
        </Text>
      )}
    </Loaded>
  )
}

function MoreMenu({
  rule,
  disabled,
  flush,
}: {
  rule: AlertRule
  disabled: boolean
  flush(): Promise<number>
}) {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: async (word: 'pause' | 'archive') => {
      const version = await flush()
      const path = { id: rule.id }
      const body = { version }
      await (word === 'pause'
        ? call(client.POST('/api/v1/alert-rules/{id}/pause', { params: { path }, body }))
        : call(client.POST('/api/v1/alert-rules/{id}/archive', { params: { path }, body })))
      await queries.invalidateQueries({ queryKey: ['alert-rule', rule.id] })
      notifications.show({
        message:
          word === 'pause'
            ? 'Paused: it tells nobody until it is published again.'
            : 'Archived. What it told stays.',
      })
      window.location.reload()
    },
  })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" px={8} aria-label="More" disabled={disabled}>
          <IconDotsVertical size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPlayerPause size={16} />}
          disabled={rule.status !== 'live'}
          onClick={() => change.mutate('pause')}
        >
          Pause: tell nobody
        </Menu.Item>
        <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => change.mutate('archive')}>
          Archive
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function RuleLine({ rule }: { rule: AlertRule }) {
  return (
    <Group gap="sm" component="span">
      <Status status={rule.status} />
      {rule.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={rule.ownerId} />
          {rule.reviewOn ? `, review on ${formatDay(rule.reviewOn)}` : ''}
        </Text>
      )}
      {rule.raised > 0 && (
        <Text span size="sm" c="dimmed">
          told {formatNumber(rule.raised)} times in 30 days, {formatNumber(rule.acknowledged)} answered
        </Text>
      )}
    </Group>
  )
}
