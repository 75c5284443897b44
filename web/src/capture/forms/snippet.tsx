import { ActionIcon, Anchor, Code, CopyButton, Group, Stack, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'

/** Words to be copied into another place. */
export function Snippet({
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
