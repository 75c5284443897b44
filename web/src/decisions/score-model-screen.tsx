import {
  Button,
  Group,
  NumberInput,
  Paper,
  SimpleGrid,
  Stack,
  Switch,
  Tabs,
  Text,
  TextInput,
  Title,
  Tooltip,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded, LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName, PublishDialog } from '@/ui/steward'
import { UsedBy } from '@/ui/used-by'
import { DecayCurve } from './decay-curve'
import { useLanguage } from './filter'
import { ScoreDistribution } from './score-distribution'
import { ScoreRules } from './score-rules'
import { ScoreThresholds } from './score-thresholds'

const readModel = (id: string) => call(client.GET('/api/v1/score-models/{id}', { params: { path: { id } } }))
type Model = Awaited<ReturnType<typeof readModel>>
export type ScoreDraft = Model['draft']
export type ScoreRule = ScoreDraft['rules'][number]

/** One score model: rules in sentences, decay as a curve, thresholds, and what it would give on real contacts. */
export function ScoreModelScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const model = useQuery({ queryKey: ['score-model', id], queryFn: () => readModel(id) })
  return <LoadedScreen query={model}>{data => <Editor key={data.id} model={data} />}</LoadedScreen>
}

function Editor({ model }: { model: Model }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const { tab = 'rules' } = useSearch({ strict: false }) as { tab?: string }
  const language = useLanguage()
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const save = useCallback(
    async ({ name, draft }: { name: string; draft: ScoreDraft }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/score-models/{id}', {
          params: { path: { id: model.id } },
          body: { version, name, draft: draft as never },
        }),
      )
      queries.setQueryData(['score-model', model.id], saved)
      return saved.version
    },
    [model.id, queries],
  )
  const autosave = useAutosave(
    { draft: { name: model.name, draft: model.draft }, version: model.version },
    save,
  )
  const { name, draft } = autosave.draft
  const locked = reason !== null || model.status === 'archived'
  const set = (change: Partial<ScoreDraft>) => autosave.set({ draft: { ...draft, ...change } })
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
        <Button disabled={locked} onClick={() => setPublishing(true)}>
          {model.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
    </>
  )
  return (
    <Page title={name} words={<ModelLine model={model} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'rules' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          <Tabs.Tab value="preview">On real contacts</Tabs.Tab>
          <Tabs.Tab value="used-by">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rules" pt="md">
          <Stack gap="lg">
            <TextInput
              label="Name"
              maw={420}
              disabled={locked}
              value={name}
              onChange={event => autosave.set({ name: event.currentTarget.value })}
            />
            <Loaded query={language}>
              {data => (
                <ScoreRules
                  rules={draft.rules}
                  language={data}
                  disabled={locked}
                  onChange={rules => set({ rules })}
                />
              )}
            </Loaded>
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
              <Paper withBorder p="md">
                <Stack gap="sm">
                  <Title order={2}>Decay</Title>
                  <Switch
                    label="What was done long ago counts less"
                    disabled={locked}
                    checked={draft.halfLifeDays !== null}
                    onChange={event => set({ halfLifeDays: event.currentTarget.checked ? 30 : null })}
                  />
                  {draft.halfLifeDays !== null && (
                    <Group gap="xs">
                      <Text size="sm">Worth half after</Text>
                      <NumberInput
                        w={90}
                        min={0.01}
                        max={3650}
                        aria-label="Days until half"
                        disabled={locked}
                        value={draft.halfLifeDays}
                        onChange={n => set({ halfLifeDays: Number(n) || 1 })}
                      />
                      <Text size="sm">days</Text>
                    </Group>
                  )}
                  <DecayCurve halfLifeDays={draft.halfLifeDays} />
                </Stack>
              </Paper>
              <ScoreThresholds
                thresholds={draft.thresholds}
                disabled={locked}
                onChange={thresholds => set({ thresholds })}
              />
            </SimpleGrid>
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="preview" pt="md">
          <ScoreDistribution draft={draft} />
        </Tabs.Panel>
        <Tabs.Panel value="used-by" pt="md">
          <UsedBy kind="score-models" id={model.id} noun="score model" />
        </Tabs.Panel>
      </Tabs>
      <PublishDialog
        opened={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish “${name}”`}
        deed="Publish and count everybody"
        steward={model}
        onPublish={async steward => {
          const version = await autosave.flush()
          await call(
            client.POST('/api/v1/score-models/{id}/publish', {
              params: { path: { id: model.id } },
              body: { version, ...steward },
            }),
          )
          notifications.show({
            message: 'Published. All contacts are being counted from their history; see the job tray.',
          })
          await queries.invalidateQueries()
        }}
      >
        <Text size="sm">
          Every contact is counted anew from his history by {draft.rules.length} rules. Counting itself starts
          no workflow; whoever crosses a threshold afterwards does.
        </Text>
        <ScoreDistribution draft={draft} compact />
      </PublishDialog>
    </Page>
  )
}

function ModelLine({ model }: { model: Model }) {
  return (
    <Group gap="sm" component="span">
      <Status status={model.status} />
      {model.counting && (
        <Text span size="sm">
          counting ...
        </Text>
      )}
      {model.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={model.ownerId} />, review on {model.reviewOn ? formatDay(model.reviewOn) : '-'}
        </Text>
      )}
    </Group>
  )
}
