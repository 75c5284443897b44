import { Button, Group, Stack, Textarea } from '@mantine/core'
import { useRef } from 'react'
import type { FieldProps } from './spec-fields'

const marks: { name: string; before: string; after: string }[] = [
  { name: 'Bold', before: '<strong>', after: '</strong>' },
  { name: 'Italic', before: '<em>', after: '</em>' },
  { name: 'Heading', before: '<h2>', after: '</h2>' },
  { name: 'Paragraph', before: '<p>', after: '</p>' },
  { name: 'List', before: '<ul><li>', after: '</li></ul>' },
  { name: 'Link', before: '<a href="https://">', after: '</a>' },
]

/** Paragraphs, headings, lists, links and emphasis; the preview shows at once what becomes of them. */
export function RichField({ label, help, value, disabled, onChange }: FieldProps<string>) {
  const area = useRef<HTMLTextAreaElement>(null)
  const put = (before: string, after: string) => {
    const { selectionStart: from = value.length, selectionEnd: to = value.length } = area.current ?? {}
    onChange(`${value.slice(0, from)}${before}${value.slice(from, to)}${after}${value.slice(to)}`)
    requestAnimationFrame(() => {
      area.current?.focus()
      area.current?.setSelectionRange(from + before.length, to + before.length)
    })
  }
  return (
    <Stack gap={4}>
      <Textarea
        ref={area}
        label={label}
        description={help}
        autosize
        minRows={3}
        maxRows={16}
        disabled={disabled}
        value={value}
        onChange={event => onChange(event.currentTarget.value)}
      />
      <Group gap={4} role="toolbar" aria-label={`Format of ${label}`}>
        {marks.map(mark => (
          <Button
            key={mark.name}
            size="compact-xs"
            variant="default"
            disabled={disabled}
            onClick={() => put(mark.before, mark.after)}
          >
            {mark.name}
          </Button>
        ))}
      </Group>
    </Stack>
  )
}
