import { Alert, Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'

/** A secret at the only moment at which it can be seen. */
export function ShowOnce({ title, secret, words }: { title: string; secret: string; words: string }) {
  return (
    <Alert color="tend" title={title} styles={{ body: { minWidth: 0 } }}>
      <Stack gap="xs">
        <Group gap="xs" wrap="nowrap">
          <Code style={{ flex: 1, minWidth: 0, overflowX: 'auto', whiteSpace: 'nowrap' }}>{secret}</Code>
          <Copy text={secret} />
        </Group>
        <Text size="sm">{words}</Text>
      </Stack>
    </Alert>
  )
}

export function Copy({ text }: { text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={copy}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      )}
    </CopyButton>
  )
}
