import {
  ActionIcon,
  Anchor,
  Code,
  ColorInput,
  CopyButton,
  Group,
  SegmentedControl,
  Stack,
  Switch,
  TagsInput,
  Text,
  Tooltip,
} from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { type Form, fieldsOf } from './form'
import type { EditorProps } from './form-fields'

/** Where the form may stand and the words to put it there. */
export function FormEmbed({ form, document, set, disabled }: EditorProps & { form: Form }) {
  const { embedding } = document
  const change = (next: Partial<typeof embedding>) =>
    set({ ...document, embedding: { ...embedding, ...next } })
  const street = form.url.replace(/\/forms\/[^/]*$/, '')
  const inputs = fieldsOf(document)
    .filter(field => !['html', 'file'].includes(field.type))
    .map(field => `  <label>${field.label || field.key} <input name="${field.key}"></label>`)
  return (
    <Stack gap="lg" maw={760}>
      <Group gap="lg" align="flex-end">
        <div>
          <Text size="sm" fw={500} mb={4}>
            Looks
          </Text>
          <SegmentedControl
            size="xs"
            aria-label="Looks"
            disabled={disabled}
            data={[
              { value: 'own', label: 'Its own' },
              { value: 'inherit', label: 'Those of the page around it' },
            ]}
            value={embedding.style}
            onChange={style => change({ style: style as 'own' | 'inherit' })}
          />
        </div>
        <ColorInput
          label="Colour of the button"
          eyeDropperButtonProps={{ 'aria-label': 'Take a colour from the screen' }}
          disabled={disabled}
          value={embedding.accent}
          onChange={accent => /^#[0-9a-f]{6}$/i.test(accent) && change({ accent })}
        />
      </Group>
      <TagsInput
        label="Websites that may show it"
        description="Empty: any website. Like https://www.example.com"
        disabled={disabled}
        value={embedding.origins}
        onChange={origins => change({ origins: origins.filter(origin => URL.canParse(origin)) })}
      />
      <Snippet title="A page of its own" text={form.url} link />
      <Snippet
        title="Inside a page"
        text={`<div data-tend-form="${form.key}"></div>\n<script async src="${street}/forms.js"></script>`}
        note="Works under a strict Content-Security-Policy that names this street in script-src and connect-src."
      />
      <Snippet
        title="In a frame"
        text={`<iframe src="${form.url}?frame=1" title="${form.name.replaceAll('"', '')}" style="border:0;width:100%" height="640"></iframe>`}
      />
      <Snippet
        title="Plain HTML, without any script"
        text={[
          `<form method="post" action="${street}/forms/${form.key}">`,
          ...inputs,
          '  <button>Send</button>',
          '</form>',
        ].join('\n')}
        note="Answers that will not do are asked for again on the form’s own page."
      />
      <Switch
        label="Take forms of other makers"
        description="Their fields may have any names: those that are the same as here are taken."
        disabled={disabled}
        checked={embedding.takesForeign}
        onChange={event => change({ takesForeign: event.currentTarget.checked })}
      />
    </Stack>
  )
}

function Snippet({
  title,
  text,
  note,
  link,
}: {
  title: string
  text: string
  note?: string
  link?: boolean
}) {
  return (
    <Stack gap={4}>
      <Group gap={6}>
        <Text size="sm" fw={500}>
          {title}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? 'Copied' : 'Copy'}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={`Copy: ${title}`}
                onClick={copy}
              >
                {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      {link ? (
        <Anchor href={text} target="_blank" rel="noreferrer" size="sm">
          {text}
        </Anchor>
      ) : (
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text}
        </Code>
      )}
      {note && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Stack>
  )
}
