import {
  Box,
  Button,
  Checkbox,
  FileInput,
  Group,
  Paper,
  Radio,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core'
import { useState } from 'react'
import type { Field, FormDocument } from './form'

const spans = { full: '100%', half: 'calc(50% - 6px)', third: 'calc(33.333% - 8px)' }

/** The form about as a visitor sees it; what it does is decided by the server alone. */
export function FormPreview({
  document,
  chosen,
  choose,
}: {
  document: FormDocument
  chosen: string | null
  choose(key: string | null): void
}) {
  const [width, setWidth] = useState<'desktop' | 'phone'>('desktop')
  const [at, setAt] = useState(0)
  const step = document.steps[Math.min(at, document.steps.length - 1)]
  const isLast = at >= document.steps.length - 1
  const fields = step?.fields ?? []
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Width of the preview"
          data={[
            { value: 'desktop', label: 'Desktop' },
            { value: 'phone', label: 'Phone' },
          ]}
          value={width}
          onChange={next => setWidth(next as 'desktop' | 'phone')}
        />
        {document.steps.length > 1 && (
          <Text size="xs" c="dimmed">
            Step {Math.min(at, document.steps.length - 1) + 1} of {document.steps.length}
          </Text>
        )}
      </Group>
      <Paper
        withBorder
        p="lg"
        maw={width === 'phone' ? 360 : 640}
        w="100%"
        mx={width === 'phone' ? 'auto' : 0}
      >
        <Stack gap="md">
          {document.title && at === 0 && <Title order={3}>{document.title}</Title>}
          {document.intro && at === 0 && <Text size="sm">{document.intro}</Text>}
          {step?.title && <Text fw={600}>{step.title}</Text>}
          <Group gap={12} align="flex-start">
            {fields.map(field => (
              <Box
                key={field.key}
                w={width === 'phone' ? '100%' : spans[field.width]}
                onClick={() => choose(field.key)}
                bdrs="sm"
                style={{
                  cursor: 'pointer',
                  outline: chosen === field.key ? '2px solid var(--mantine-primary-color-filled)' : undefined,
                  outlineOffset: 4,
                }}
              >
                <PreviewField field={field} />
              </Box>
            ))}
          </Group>
          {fields.length === 0 && (
            <Text size="sm" c="dimmed">
              No field here yet.
            </Text>
          )}
          <Group>
            {at > 0 && (
              <Button variant="default" onClick={() => setAt(at - 1)}>
                Back
              </Button>
            )}
            <Button color={document.embedding.accent} autoContrast onClick={() => !isLast && setAt(at + 1)}>
              {isLast ? document.submit || 'Send' : 'Next'}
            </Button>
          </Group>
        </Stack>
      </Paper>
      <Text size="xs" c="dimmed">
        A sketch with your words and order. “Open its page” shows the published form itself.
      </Text>
    </Stack>
  )
}

function PreviewField({ field }: { field: Field }) {
  const shared = {
    label: field.label,
    description: field.help || undefined,
    placeholder: field.placeholder ?? '',
    withAsterisk: field.required ?? false,
    readOnly: true,
    tabIndex: -1,
  }
  const options = (field.options ?? []).map(({ value, label }) => ({ value, label: label || value }))
  switch (field.type) {
    case 'long_text':
      return <Textarea {...shared} rows={field.rows ?? 4} />
    case 'select':
    case 'country':
      return <Select {...shared} data={options} value={null} />
    case 'radio':
      return (
        <Radio.Group
          label={field.label}
          description={field.help || undefined}
          withAsterisk={field.required ?? false}
        >
          <Stack gap={6} mt={6}>
            {options.map(option => (
              <Radio key={option.value} value={option.value} label={option.label} tabIndex={-1} />
            ))}
          </Stack>
        </Radio.Group>
      )
    case 'multi_select':
      return (
        <Checkbox.Group
          label={field.label}
          description={field.help || undefined}
          withAsterisk={field.required ?? false}
        >
          <Stack gap={6} mt={6}>
            {options.map(option => (
              <Checkbox key={option.value} value={option.value} label={option.label} tabIndex={-1} />
            ))}
          </Stack>
        </Checkbox.Group>
      )
    case 'checkbox':
      return <Checkbox label={field.label} description={field.help || undefined} readOnly tabIndex={-1} />
    case 'consent':
      return <Checkbox label={field.wording} readOnly tabIndex={-1} />
    case 'file':
      return <FileInput {...shared} readOnly />
    case 'hidden':
      return (
        <Text size="xs" c="dimmed">
          Hidden: {field.label || field.key}
        </Text>
      )
    case 'html':
      // As text: markup of a draft is only ever shown by the street.
      return <Text size="sm">{(field.html ?? '').replace(/<[^>]*>/g, ' ').trim()}</Text>
    default:
      return <TextInput {...shared} type={field.type === 'date' ? 'date' : 'text'} />
  }
}
