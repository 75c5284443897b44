import {
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useUsers } from '@/ui/steward'
import { useThings } from '@/workflows/pickers'
import { AssetField } from './asset-field'
import type { EditorProps } from './form-fields'

/** What happens when a submission was taken. */
export function FormAfter({ document, set, disabled }: EditorProps) {
  const lists = useThings('lists')
  const models = useThings('score-models')
  const users = useUsers()
  const { after } = document
  const change = (next: Partial<typeof after>) => set({ ...document, after: { ...after, ...next } })
  return (
    <Stack gap="md" maw={640}>
      <Textarea
        label="Thanks in these words"
        autosize
        minRows={2}
        disabled={disabled}
        value={after.message}
        onChange={event => change({ message: event.currentTarget.value })}
      />
      <TextInput
        label="Or lead on to this page"
        placeholder="https://www.example.com/thanks"
        description="Its host must be ours or one of those allowed below."
        disabled={disabled}
        value={after.redirect ?? ''}
        onChange={event => change({ redirect: event.currentTarget.value || null })}
      />
      <TagsInput
        label="Hosts that may be led to"
        placeholder="www.example.com"
        disabled={disabled}
        value={after.redirectHosts}
        onChange={redirectHosts => change({ redirectHosts })}
      />
      <AssetField value={after.assetId} disabled={disabled} onChange={assetId => change({ assetId })} />
      <MultiSelect
        label="Put the contact on these lists"
        searchable
        clearable
        disabled={disabled}
        data={lists}
        value={after.lists}
        onChange={next => change({ lists: next })}
      />
      <Group grow align="flex-end">
        <Select
          label="Give points in"
          placeholder="No score"
          clearable
          disabled={disabled}
          data={models}
          value={after.score?.modelId ?? null}
          onChange={modelId =>
            change({ score: modelId ? { modelId, points: after.score?.points ?? 10 } : null })
          }
        />
        {after.score && (
          <NumberInput
            label="Points"
            min={-1_000}
            max={1_000}
            disabled={disabled}
            value={after.score.points}
            onChange={n => after.score && change({ score: { ...after.score, points: Number(n) || 0 } })}
          />
        )}
      </Group>
      <MultiSelect
        label="Tell these colleagues of every submission"
        clearable
        disabled={disabled}
        data={(users.data?.items ?? []).map(user => ({ value: user.id, label: user.name }))}
        value={after.notify}
        onChange={notify => change({ notify })}
      />
      <Returning document={document} set={set} disabled={disabled} />
    </Stack>
  )
}

/** What is asked of, and shown to, people whom we recognise. */
function Returning({ document, set, disabled }: EditorProps) {
  const { progressive } = document
  const change = (next: Partial<typeof progressive>) =>
    set({ ...document, progressive: { ...progressive, ...next } })
  return (
    <>
      <Switch
        label="Ask returning people something new instead of what we know"
        description="Only those whom we recognise by our own signed token; never because an address was typed."
        disabled={disabled}
        checked={progressive.isOn}
        onChange={event => change({ isOn: event.currentTarget.checked })}
      />
      {progressive.isOn && (
        <NumberInput
          label="Fields shown at most"
          maw={220}
          min={1}
          max={60}
          disabled={disabled}
          value={progressive.maxShown}
          onChange={n => change({ maxShown: Number(n) || 1 })}
        />
      )}
      <Switch
        label="Fill in what we know for people who come by a link in their own mail"
        description="The link names its reader for 30 days. Whoever a mail is forwarded to sees the same: leave it off where an answer is nobody else’s business."
        disabled={disabled}
        checked={progressive.prefills}
        onChange={event => change({ prefills: event.currentTarget.checked })}
      />
    </>
  )
}
