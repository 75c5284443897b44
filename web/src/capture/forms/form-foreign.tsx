import { Stack, Switch, Table, Text, TextInput } from '@mantine/core'
import { type Form, fieldsOf } from './form'
import type { EditorProps } from './form-fields'
import { Snippet } from './snippet'

/** Forms that other systems made: they post here, and their names are translated into ours. */
export function FormForeign(props: EditorProps & { form: Form; street: string }) {
  const { form, document, set, disabled, street } = props
  const { embedding } = document
  const change = (next: Partial<typeof embedding>) =>
    set({ ...document, embedding: { ...embedding, ...next } })
  const name = (key: string, theirs: string) => {
    const { [key]: _old, ...rest } = embedding.foreign
    change({ foreign: theirs === '' ? rest : { ...rest, [key]: theirs } })
  }
  return (
    <Stack gap="sm">
      <Switch
        label="Take forms of other makers"
        description="A form that stands on your site already, or a webhook of another form builder, posts here."
        disabled={disabled}
        checked={embedding.takesForeign}
        onChange={event => change({ takesForeign: event.currentTarget.checked })}
      />
      {embedding.takesForeign && (
        <>
          <Snippet
            title="Address for their posts (form or JSON)"
            text={`${street}/v1/forms/${form.key}/foreign`}
          />
          <Table maw={560} verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Here</Table.Th>
                <Table.Th>Their name of it</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {fieldsOf(document)
                .filter(field => !['html', 'file'].includes(field.type))
                .map(field => (
                  <Table.Tr key={field.key}>
                    <Table.Td>
                      <Text size="sm">{field.label || field.key}</Text>
                    </Table.Td>
                    <Table.Td>
                      <TextInput
                        size="xs"
                        aria-label={`Their name of ${field.label || field.key}`}
                        placeholder={field.key}
                        maxLength={100}
                        disabled={disabled}
                        value={embedding.foreign[field.key] ?? ''}
                        onChange={event => name(field.key, event.currentTarget.value)}
                      />
                    </Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </>
      )}
    </Stack>
  )
}
