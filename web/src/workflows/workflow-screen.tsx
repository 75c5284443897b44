import { Badge, Button, Group, Tabs, Text, TextInput, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useLanguage } from '@/decisions/filter'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay, formatNumber } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded, LoadedScreen, Waiting } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'
import { UsedBy } from '@/ui/used-by'
import type { Definition } from './definition'
import { useKinds } from './kinds'
import { PeopleTab } from './people-tab'
import { distinct } from './problems'
import { PublishWorkflow } from './publish-workflow'
import { StepsTab } from './steps-tab'
import { VersionsTab } from './versions-tab'
import {
  type Counts,
  draftOf,
  isSame,
  readWorkflow,
  useCheck,
  useCounts,
  useVersions,
  type Workflow,
} from './workflow'
import { WorkflowMenu } from './workflow-menu'

/** One workflow: its steps, the people in it, its versions, and what leads into it. */
export function WorkflowScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const workflow = useQuery({
    queryKey: ['workflow', id],
    queryFn: () => readWorkflow(id),
    refetchOnWindowFocus: false,
  })
  const [round, setRound] = useState(0)
  const reload = async () => {
    await workflow.refetch()
    setRound(n => n + 1)
  }
  return (
    <LoadedScreen query={workflow} lines={10}>
      {data => <Editor key={`${data.id}:${round}`} workflow={data} onReload={reload} />}
    </LoadedScreen>
  )
}

function Editor({ workflow, onReload }: { workflow: Workflow; onReload(): Promise<void> }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const { tab = 'steps' } = useSearch({ strict: false }) as { tab?: string }
  const language = useLanguage()
  const kinds = useKinds()
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const save = useCallback(
    async (draft: { name: string; definition: Definition }, version: number) => {
      const body = {
        version,
        ...(draft.name.trim() ? { name: draft.name } : {}),
        definition: draft.definition as never,
      }
      const saved = await call(
        client.PATCH('/api/v1/workflows/{id}', { params: { path: { id: workflow.id } }, body }),
      )
      queries.setQueryData(['workflow', workflow.id], saved)
      return saved.version
    },
    [workflow.id, queries],
  )
  const [initial] = useState(() => ({
    draft: { name: workflow.name, definition: draftOf(workflow.definition) },
    version: workflow.version,
  }))
  const autosave = useAutosave(initial, save)
  const { name, definition } = autosave.draft
  const check = useCheck(workflow.id, workflow.version)
  const counts = useCounts(workflow)
  const isArchived = workflow.status === 'archived'
  const locked = reason !== null || isArchived
  const why = reason ?? (isArchived ? 'It is archived. Copy it to work on it again.' : null)
  const inside = counts.data ? counts.data.ends.active + counts.data.ends.parked : 0
  const changed = async () => {
    await queries.invalidateQueries({ queryKey: ['workflows'] })
    await Promise.all(
      ['workflow-counts', 'workflow-versions', 'workflow-check'].map(key =>
        queries.invalidateQueries({ queryKey: [key, workflow.id] }),
      ),
    )
    await onReload()
  }
  const show = (next: string) =>
    void go({ to: '.', search: (next === 'steps' ? {} : { tab: next }) as never, replace: true })
  /** Before the dialog opens everything is saved and looked at: it never promises what would be refused. */
  const publish = async () => {
    const version = await autosave.flush().catch(() => null)
    if (version === null) return
    const { problems } = (await check.refetch()).data ?? { problems: [] }
    const n = distinct(problems).length
    if (n === 0) return setPublishing(true)
    show('steps')
    notifications.show({
      color: 'orange',
      title: 'Not ready to go live',
      message:
        n === 1
          ? 'One thing is to be finished first; it stands on top.'
          : `${n} things are to be finished first; they stand on top.`,
    })
  }
  const actions = (
    <>
      <SaveNote state={autosave.state} />
      <Tooltip label="Undo (Ctrl Z)">
        <Button
          variant="default"
          px={8}
          aria-label="Undo"
          disabled={!autosave.canUndo || locked}
          onClick={autosave.undo}
        >
          <IconArrowBackUp size={16} />
        </Button>
      </Tooltip>
      <Tooltip label="Redo (Ctrl Shift Z)">
        <Button
          variant="default"
          px={8}
          aria-label="Redo"
          disabled={!autosave.canRedo || locked}
          onClick={autosave.redo}
        >
          <IconArrowForwardUp size={16} />
        </Button>
      </Tooltip>
      <WorkflowMenu
        workflow={workflow}
        inside={inside}
        reason={reason}
        flush={autosave.flush}
        onChanged={changed}
      />
      <Tooltip label={why} disabled={!why}>
        <Button disabled={locked} onClick={() => void publish()}>
          {workflow.liveVersion === null ? 'Publish' : 'Publish changes'}
        </Button>
      </Tooltip>
    </>
  )
  return (
    <Page
      title={name || 'Workflow without a name'}
      words={<WorkflowLine workflow={workflow} counts={counts.data ?? null} />}
      actions={actions}
    >
      {(autosave.state === 'stale' || autosave.state === 'refused') && (
        <div style={{ position: 'sticky', top: 64, zIndex: 20 }}>
          <StaleNote autosave={autosave} onReload={() => void onReload()} />
        </div>
      )}
      <Tabs value={tab} onChange={next => show(next ?? 'steps')} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="steps">Steps</Tabs.Tab>
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="used-by">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="steps" pt="md">
          <TextInput
            label="Name"
            maw={420}
            mb="md"
            maxLength={200}
            disabled={locked}
            value={name}
            error={name.trim() ? undefined : 'A workflow needs a name'}
            onChange={event => autosave.set({ name: event.currentTarget.value })}
          />
          {kinds.data && language.data ? (
            <StepsTab
              workflow={workflow}
              definition={definition}
              change={next => autosave.set({ definition: next })}
              undo={autosave.undo}
              redo={autosave.redo}
              kinds={kinds.data}
              language={language.data}
              check={check.data}
              counts={counts.data ?? null}
              disabled={locked}
            />
          ) : kinds.isError ? (
            <Loaded query={kinds}>{() => null}</Loaded>
          ) : language.isError ? (
            <Loaded query={language}>{() => null}</Loaded>
          ) : (
            <Waiting lines={10} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="people" pt="md">
          <PeopleTab workflow={workflow} counts={counts.data ?? null} reason={reason} />
        </Tabs.Panel>
        <Tabs.Panel value="versions" pt="md">
          <VersionsTab
            workflow={workflow}
            disabled={locked}
            onTake={(taken, number) => {
              autosave.set({ definition: taken })
              notifications.show({ message: `The draft is now as version ${number}. Undo takes it back.` })
              show('steps')
            }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="used-by" pt="md">
          <UsedBy kind="workflows" id={workflow.id} noun="workflow" />
        </Tabs.Panel>
      </Tabs>
      <PublishWorkflow
        workflow={workflow}
        name={name}
        check={check.data}
        opened={publishing}
        onClose={() => setPublishing(false)}
        flush={autosave.flush}
        onPublished={changed}
      />
    </Page>
  )
}

function WorkflowLine({ workflow, counts }: { workflow: Workflow; counts: Counts | null }) {
  const versions = useVersions(workflow)
  const live = versions.data?.items.find(version => version.number === workflow.liveVersion)
  const differs = live !== undefined && !isSame(live.definition, workflow.definition)
  return (
    <Group gap="sm" component="span">
      <Status status={workflow.status} />
      {counts && (
        <Text span size="sm">
          {formatNumber(counts.ends.active)} in it now
        </Text>
      )}
      {counts !== null && counts.ends.parked > 0 && (
        <Badge color="red" c="var(--mantine-color-text)">
          {formatNumber(counts.ends.parked)} set aside
        </Badge>
      )}
      {differs && workflow.status !== 'archived' && (
        <Badge color="yellow" c="var(--mantine-color-text)">
          Draft differs from what runs
        </Badge>
      )}
      {workflow.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={workflow.ownerId} />, review on{' '}
          {workflow.reviewOn ? formatDay(workflow.reviewOn) : '-'}
        </Text>
      )}
    </Group>
  )
}
