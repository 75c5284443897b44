import {
  Anchor,
  Button,
  Grid,
  Group,
  Paper,
  Stack,
  Tabs,
  Text,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconExternalLink } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay } from '@/ui/format'
import { Page } from '@/ui/page'
import { LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'
import { FieldSettings } from './field-settings'
import { type Form, type FormDocument, fieldsOf, type Logic, readForm } from './form'
import { FormAfter } from './form-after'
import { FormEmbed } from './form-embed'
import { type EditorProps, FormFields } from './form-fields'
import { FormMenu } from './form-menu'
import { FormPreview } from './form-preview'
import { FormProtection } from './form-protection'
import { FormPublish } from './form-publish'
import { FormResults } from './form-results'
import { FormSubmissions } from './form-submissions'
import { FormVersions } from './form-versions'

/** One form: what it asks, what follows, where it stands, and what came in. */
export function FormScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const form = useQuery({ queryKey: ['form', id], queryFn: () => readForm(id) })
  return <LoadedScreen query={form}>{data => <Editor key={data.id} form={data} />}</LoadedScreen>
}

function useDraft(form: Form) {
  const queries = useQueryClient()
  const save = useCallback(
    async ({ name, document }: { name: string; document: FormDocument }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/forms/{id}', {
          params: { path: { id: form.id } },
          body: { version, name, document: document as never },
        }),
      )
      queries.setQueryData(['form', form.id], saved)
      return saved.version
    },
    [form.id, queries],
  )
  return useAutosave({ draft: { name: form.name, document: form.document }, version: form.version }, save)
}

function Editor({ form }: { form: Form }) {
  const go = useNavigate()
  const { tab = 'build' } = useSearch({ strict: false }) as { tab?: string }
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const autosave = useDraft(form)
  const { name, document } = autosave.draft
  const disabled = reason !== null || form.status === 'archived'
  const part: EditorProps = { document, disabled, set: next => autosave.set({ document: next }) }
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
          {form.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
      <FormMenu form={form} disabled={disabled} flush={autosave.flush} />
    </>
  )
  return (
    <Page title={name} words={<FormLine form={form} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'build' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="build">Build</Tabs.Tab>
          <Tabs.Tab value="after">After submitting</Tabs.Tab>
          <Tabs.Tab value="embed">Where it stands</Tabs.Tab>
          <Tabs.Tab value="protection">Protection</Tabs.Tab>
          <Tabs.Tab value="submissions">Submissions</Tabs.Tab>
          <Tabs.Tab value="results">Results</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="build" pt="md">
          <Build {...part} name={name} setName={next => autosave.set({ name: next })} />
        </Tabs.Panel>
        <Tabs.Panel value="after" pt="md">
          <FormAfter {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="embed" pt="md">
          <FormEmbed {...part} form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="protection" pt="md">
          <FormProtection {...part} />
        </Tabs.Panel>

        <Tabs.Panel value="submissions" pt="md">
          <FormSubmissions form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="results" pt="md">
          <FormResults form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="versions" pt="md">
          <FormVersions form={form} disabled={disabled} flush={autosave.flush} />
        </Tabs.Panel>
      </Tabs>
      <FormPublish
        form={form}
        name={name}
        opened={publishing}
        onClose={() => setPublishing(false)}
        flush={autosave.flush}
      />
    </Page>
  )
}

/** A condition with a field under its new name. */
function renamedIn(logic: Logic | null, from: string, to: string): Logic | null {
  if (logic === null) return null
  const text = JSON.stringify(logic).replaceAll(
    `"field":${JSON.stringify(from)}`,
    `"field":${JSON.stringify(to)}`,
  )
  return JSON.parse(text) as Logic
}

function renamed(document: FormDocument, from: string, to: string): FormDocument {
  return {
    ...document,
    steps: document.steps.map(step => ({
      ...step,
      jumps: step.jumps.map(jump => ({ ...jump, when: renamedIn(jump.when, from, to) ?? jump.when })),
      fields: step.fields.map(field => ({
        ...field,
        key: field.key === from ? to : field.key,
        show: renamedIn(field.show, from, to),
        ...(field.requireWhen === undefined ? {} : { requireWhen: renamedIn(field.requireWhen, from, to) }),
      })),
    })),
  }
}

function Build(props: EditorProps & { name: string; setName(name: string): void }) {
  const { document, set, disabled, name, setName } = props
  const [chosen, choose] = useState<string | null>(null)
  const field = fieldsOf(document).find(each => each.key === chosen)
  const rename = (from: string, to: string) => {
    if (fieldsOf(document).some(each => each.key === to)) return
    set(renamed(document, from, to))
    choose(to)
  }
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, sm: 6, lg: 3 }}>
        <FormFields {...props} chosen={chosen} choose={choose} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6, lg: 5 }} order={{ base: 3, lg: 2 }}>
        <FormPreview document={document} chosen={chosen} choose={choose} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }} order={{ base: 2, lg: 3 }}>
        <Paper withBorder p="md">
          {field ? (
            <Stack gap="sm">
              <Group justify="space-between">
                <Text fw={600}>This field</Text>
                <Button size="xs" variant="subtle" onClick={() => choose(null)}>
                  The whole form
                </Button>
              </Group>
              <FieldSettings
                key={field.key}
                document={document}
                field={field}
                set={set}
                rename={rename}
                disabled={disabled}
              />
            </Stack>
          ) : (
            <Stack gap="sm">
              <Text fw={600}>The form</Text>
              <TextInput
                label="Name (for you)"
                disabled={disabled}
                value={name}
                onChange={event => setName(event.currentTarget.value)}
              />
              <TextInput
                label="Title above it"
                disabled={disabled}
                value={document.title}
                onChange={event => set({ ...document, title: event.currentTarget.value })}
              />
              <Textarea
                label="Words above it"
                autosize
                minRows={2}
                disabled={disabled}
                value={document.intro}
                onChange={event => set({ ...document, intro: event.currentTarget.value })}
              />
              <TextInput
                label="Words on the button"
                disabled={disabled}
                value={document.submit}
                onChange={event => set({ ...document, submit: event.currentTarget.value })}
              />
              <Text size="sm" c="dimmed">
                Choose a field on the left or in the preview to change it.
              </Text>
            </Stack>
          )}
        </Paper>
      </Grid.Col>
    </Grid>
  )
}

function FormLine({ form }: { form: Form }) {
  return (
    <Group gap="sm" component="span">
      <Status status={form.status} />
      {form.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={form.ownerId} />
          {form.reviewOn ? `, review on ${formatDay(form.reviewOn)}` : ''}
        </Text>
      )}
      {form.liveVersion !== null && (
        <Anchor href={form.url} target="_blank" rel="noreferrer" size="sm">
          Open its page <IconExternalLink size={13} style={{ verticalAlign: '-2px' }} />
        </Anchor>
      )}
    </Group>
  )
}
