import { Alert, Button, Group, SegmentedControl, Stack, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { ContactPicker } from '@/ui/contact-picker'
import { Empty } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { PublishDialog } from '@/ui/steward'
import {
  type Connection,
  type CrmSchema,
  kindWords,
  type Mapping,
  type ObjectMap,
  useCrmReason,
  useCrmSchema,
} from './crm'
import { MappingFields } from './mapping-fields'
import { MappingPolicy } from './mapping-policy'

/** What passes: objects, fields, who decides about each, and what stands on both sides right now. */
export function MappingTab({ connection }: { connection: Connection }) {
  const schema = useCrmSchema(connection.id, connection.describedAt)
  if (!connection.describedAt)
    return (
      <Empty
        title="The CRM has not described itself yet"
        words="Test the connection under Settings: Tend then knows the CRM’s objects and fields, and proposes a mapping."
      />
    )
  return <Loaded query={schema}>{data => <Editor connection={connection} schema={data} />}</Loaded>
}

function useDraft(connection: Connection) {
  const queries = useQueryClient()
  const save = useCallback(
    async ({ draft }: { draft: Mapping }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/crm/connections/{id}', {
          params: { path: { id: connection.id } },
          body: { version, draft },
        }),
      )
      queries.setQueryData(['crm', connection.id], saved)
      return saved.version
    },
    [connection.id, queries],
  )
  return useAutosave({ draft: { draft: connection.draft }, version: connection.version }, save)
}

function Editor({ connection, schema }: { connection: Connection; schema: CrmSchema }) {
  const queries = useQueryClient()
  const reason = useCrmReason()
  const autosave = useDraft(connection)
  const { draft } = autosave.draft
  const [chosen, setChosen] = useState(() =>
    Math.max(
      0,
      draft.objects.findIndex(object => object.kind === 'person'),
    ),
  )
  const [sampleId, setSample] = useState<string | null>(null)
  const [publishing, setPublishing] = useState(false)
  const disabled = reason !== null || connection.status === 'archived'
  const object = draft.objects[chosen]
  const change = (next: ObjectMap) =>
    autosave.set({ draft: { ...draft, objects: draft.objects.map((old, i) => (i === chosen ? next : old)) } })
  const values = useSample(connection.id, sampleId)
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end">
        <SegmentedControl
          aria-label="Object"
          data={draft.objects.map((each, i) => ({
            value: String(i),
            label: `${kindWords[each.kind]} · ${labelOf(schema, each.remote)}`,
          }))}
          value={String(chosen)}
          onChange={next => setChosen(Number(next))}
          style={{ flexWrap: 'wrap' }}
        />
        <Group gap="sm" ml="auto">
          <SaveNote state={autosave.state} />
          <Tooltip
            label={reason ?? 'This mapping is live as it stands'}
            disabled={reason === null && connection.isDraftChanged}
          >
            <Button disabled={disabled || !connection.isDraftChanged} onClick={() => setPublishing(true)}>
              {connection.liveMapping === null ? 'Publish' : 'Publish changes'}
            </Button>
          </Tooltip>
        </Group>
      </Group>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      {draft.objects.length === 0 && (
        <Empty
          title="Nothing is mapped"
          words="Test the connection under Settings to have a mapping proposed."
        />
      )}
      {object && (
        <>
          {object.kind === 'person' && (
            <ContactPicker
              label="Show what stands on both sides for"
              value={sampleId}
              onChange={setSample}
              w={360}
            />
          )}
          {sampleId && values.isSuccess && values.data.get(object.remote) === undefined && (
            <Text size="sm" c="dimmed">
              This contact is not linked with a record of {labelOf(schema, object.remote)}.
            </Text>
          )}
          <MappingFields
            object={object}
            schema={schema}
            disabled={disabled}
            values={values.data?.get(object.remote) ?? null}
            onChange={change}
          />
          <MappingPolicy
            object={object}
            matchKeys={schema.locals.find(each => each.kind === object.kind)?.matchKeys ?? []}
            disabled={disabled}
            onChange={change}
          />
        </>
      )}
      <PublishDialog
        opened={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish the mapping of “${connection.name}”`}
        deed={
          connection.liveMapping === null
            ? 'Publish; the dry run comes next'
            : 'Publish for what changes from now on'
        }
        steward={connection}
        onPublish={async steward => {
          const version = await autosave.flush()
          const path = { id: connection.id }
          await call(
            client.POST('/api/v1/crm/connections/{id}/publish', {
              params: { path },
              body: { version, ...steward },
            }),
          )
          notifications.show({ message: 'Published.' })
          await queries.invalidateQueries({ queryKey: ['crm'] })
          window.location.reload()
        }}
      >
        <PublishWords connection={connection} draft={draft} />
      </PublishDialog>
    </Stack>
  )
}

function PublishWords({ connection, draft }: { connection: Connection; draft: Mapping }) {
  const passing = draft.objects.flatMap(object => object.fields.filter(field => field.rule !== 'none'))
  const writes = passing.filter(field => ['tend', 'two_way', 'crm_unless_blank'].includes(field.rule)).length
  return (
    <Alert color="gray">
      <Text size="sm">
        {passing.length} fields of {draft.objects.length} objects pass; {writes} of them may be written in the
        CRM.{' '}
        {connection.loadState === 'done'
          ? 'It holds for what changes from now on; resync under Health to apply it to everything.'
          : 'Nothing passes before the dry run was accepted.'}
      </Text>
    </Alert>
  )
}

export type Values = Map<string, { ours: unknown; theirs: unknown }>

/** The last values of both sides of one contact, by the CRM's object and our field. */
function useSample(connectionId: string, contactId: string | null) {
  return useQuery({
    queryKey: ['contact-crm', contactId],
    enabled: contactId !== null,
    queryFn: () =>
      call(client.GET('/api/v1/contacts/{id}/crm', { params: { path: { id: contactId ?? '' } } })),
    select: data => {
      const records = data.connections.find(each => each.connectionId === connectionId)?.records ?? []
      return new Map(
        records.map((record): [string, Values] => [
          record.type,
          new Map(record.fields.map(field => [field.local, { ours: field.ours, theirs: field.theirs }])),
        ]),
      )
    },
  })
}

export const labelOf = (schema: CrmSchema, remote: string) =>
  schema.schema?.objects.find(object => object.type === remote)?.label ?? remote
