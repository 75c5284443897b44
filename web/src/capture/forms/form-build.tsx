import { Button, Grid, Group, Paper, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { FieldSettings } from './field-settings'
import { type FormDocument, fieldsOf, type Logic } from './form'
import { type EditorProps, FormFields, stepName } from './form-fields'
import { FormPreview } from './form-preview'
import { StepSettings } from './step-settings'

/** A condition with a field under its new name. */
function renamedIn(logic: Logic | null, from: string, to: string): Logic | null {
  if (logic === null) return null
  const text = JSON.stringify(logic).replaceAll(
    `"field":${JSON.stringify(from)}`,
    `"field":${JSON.stringify(to)}`,
  )
  return JSON.parse(text) as Logic
}

/** A record whose keys name the field, under its new name. */
function rekeyed<T>(record: Record<string, T>, rename: (key: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]))
}

function renamed(document: FormDocument, from: string, to: string): FormDocument {
  const path = (key: string) =>
    key.startsWith(`fields.${from}.`) ? `fields.${to}.${key.slice(from.length + 8)}` : key
  const { languages, embedding } = document
  return {
    ...document,
    languages: {
      ...languages,
      others: Object.fromEntries(
        Object.entries(languages.others).map(([tag, words]) => [tag, rekeyed(words, path)]),
      ),
    },
    embedding: { ...embedding, foreign: rekeyed(embedding.foreign, key => (key === from ? to : key)) },
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

type Props = EditorProps & { name: string; setName(name: string): void }

/** The form in the making: its steps and fields, how it looks, and the settings of what is chosen. */
export function FormBuild(props: Props) {
  const { document, set, disabled } = props
  const [chosen, choose] = useState<string | null>(null)
  const field = fieldsOf(document).find(each => each.key === chosen)
  const step = document.steps.find(each => stepName(each) === chosen)
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
              <Head title="This field" onClose={() => choose(null)} />
              <FieldSettings
                key={field.key}
                document={document}
                field={field}
                set={set}
                rename={rename}
                disabled={disabled}
              />
            </Stack>
          ) : step ? (
            <Stack gap="sm">
              <Head title="This step" onClose={() => choose(null)} />
              <StepSettings key={step.id} document={document} step={step} set={set} disabled={disabled} />
            </Stack>
          ) : (
            <WholeForm {...props} />
          )}
        </Paper>
      </Grid.Col>
    </Grid>
  )
}

function Head({ title, onClose }: { title: string; onClose(): void }) {
  return (
    <Group justify="space-between">
      <Text fw={600}>{title}</Text>
      <Button size="xs" variant="subtle" onClick={onClose}>
        The whole form
      </Button>
    </Group>
  )
}

function WholeForm({ document, set, disabled, name, setName }: Props) {
  return (
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
      {document.steps.length > 1 && (
        <Switch
          label="Keep what was entered, step by step"
          description="For 14 days, under Submissions, Not sent. Nobody becomes a contact by it and nobody is written to. Say so in the words above the form."
          disabled={disabled}
          checked={document.savesPartly}
          onChange={event => set({ ...document, savesPartly: event.currentTarget.checked })}
        />
      )}
      <Text size="sm" c="dimmed">
        Choose a field on the left or in the preview to change it.
      </Text>
    </Stack>
  )
}
