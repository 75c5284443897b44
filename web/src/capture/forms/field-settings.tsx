import { Divider, Group, SegmentedControl, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { Consent, Files, Limits, Options, type Part } from './field-kinds'
import { FieldLogic } from './field-logic'
import { FieldMapping } from './field-mapping'
import { changeField, type Field, type FormDocument, fieldsOf } from './form'

/** Everything about one field of the form. */
export function FieldSettings(props: {
  document: FormDocument
  field: Field
  set(document: FormDocument): void
  rename(from: string, to: string): void
  disabled: boolean
}) {
  const { document, field, set, disabled } = props
  const change = (next: Partial<Field>) => set(changeField(document, field.key, { ...field, ...next }))
  const all = fieldsOf(document)
  const before = all.slice(
    0,
    all.findIndex(each => each.key === field.key),
  )
  const part = { field, change, disabled }
  const asks = field.required !== undefined
  return (
    <Stack gap="sm">
      <Words {...part} />
      {field.options && <Options {...part} />}
      <Limits {...part} />
      {field.type === 'consent' && <Consent {...part} />}
      {field.type === 'file' && <Files {...part} />}
      <Group gap="md">
        {asks && (
          <Switch
            label="Required"
            disabled={disabled}
            checked={field.required ?? false}
            onChange={event => change({ required: event.currentTarget.checked })}
          />
        )}
        {field.always !== undefined && (
          <Switch
            label="Ask also when we know it"
            disabled={disabled}
            checked={field.always}
            onChange={event => change({ always: event.currentTarget.checked })}
          />
        )}
      </Group>
      {field.mapping !== undefined && <FieldMapping {...part} />}
      <Divider />
      <FieldLogic
        label="Show it only when"
        before={before}
        value={field.show}
        disabled={disabled}
        onChange={show => change({ show })}
      />
      {field.requireWhen !== undefined && !field.required && (
        <FieldLogic
          label="Require it when"
          before={before}
          value={field.requireWhen}
          disabled={disabled}
          onChange={requireWhen => change({ requireWhen })}
        />
      )}
      <KeyInput {...props} />
    </Stack>
  )
}

function Words({ field, change, disabled }: Part) {
  if (field.type === 'html')
    return (
      <Textarea
        label="Words (simple HTML)"
        description="Paragraphs, lists, bold, links. Anything else is taken out when it is saved."
        autosize
        minRows={4}
        disabled={disabled}
        value={field.html ?? ''}
        onChange={event => change({ html: event.currentTarget.value })}
      />
    )
  return (
    <>
      <TextInput
        label={field.type === 'consent' ? 'Name (for you)' : 'Label'}
        disabled={disabled}
        value={field.label}
        onChange={event => change({ label: event.currentTarget.value })}
      />
      {field.type !== 'hidden' && (
        <TextInput
          label="Help"
          disabled={disabled}
          value={field.help}
          onChange={event => change({ help: event.currentTarget.value })}
        />
      )}
      {field.placeholder !== undefined && (
        <TextInput
          label="Placeholder"
          disabled={disabled}
          value={field.placeholder}
          onChange={event => change({ placeholder: event.currentTarget.value })}
        />
      )}
      {typeof field.default === 'string' && field.type !== 'date' && (
        <TextInput
          label="Filled in beforehand"
          disabled={disabled}
          value={field.default}
          onChange={event => change({ default: event.currentTarget.value })}
        />
      )}
      {field.type === 'hidden' && (
        <TextInput
          label="Taken from this parameter of the page’s address"
          placeholder="utm_content"
          disabled={disabled}
          value={field.parameter ?? ''}
          onChange={event => change({ parameter: event.currentTarget.value || null })}
        />
      )}
      {field.error !== undefined && (
        <TextInput
          label="Said when the answer will not do"
          placeholder="Our own words"
          disabled={disabled}
          value={field.error}
          onChange={event => change({ error: event.currentTarget.value })}
        />
      )}
      {field.type !== 'hidden' && (
        <div>
          <Text size="sm" fw={500} mb={4}>
            Width
          </Text>
          <SegmentedControl
            size="xs"
            aria-label="Width"
            disabled={disabled}
            data={[
              { value: 'full', label: 'Whole line' },
              { value: 'half', label: 'Half' },
              { value: 'third', label: 'Third' },
            ]}
            value={field.width}
            onChange={width => change({ width: width as Field['width'] })}
          />
        </div>
      )}
    </>
  )
}

/** The name under which answers are kept. Written when it is left, so that half a name never gets into conditions. */
function KeyInput({
  field,
  rename,
  disabled,
}: {
  field: Field
  rename(from: string, to: string): void
  disabled: boolean
}) {
  return (
    <TextInput
      key={field.key}
      label="Name in submissions and events"
      description="Small letters, digits and _; answers are kept under it."
      disabled={disabled}
      defaultValue={field.key}
      onBlur={event => {
        const next = event.currentTarget.value.trim()
        if (next !== field.key && /^[a-z][a-z0-9_]{0,39}$/.test(next)) rename(field.key, next)
        else event.currentTarget.value = field.key
      }}
    />
  )
}
