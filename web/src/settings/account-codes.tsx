import { Alert, Button, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { Copy } from './show-once'

/** Recovery codes at the only moment at which they can be seen. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  return (
    <Alert color="tend" title="Your recovery codes">
      <Stack>
        <Text size="sm">
          Each lets you in once when the app is not at hand. They are shown only now: print them, or keep them
          in a password manager.
        </Text>
        <SimpleGrid cols={2} spacing="xs">
          {codes.map(code => (
            <Code key={code}>{code}</Code>
          ))}
        </SimpleGrid>
        <Group justify="space-between">
          <Copy text={codes.join('\n')} />
          <Button onClick={onDone}>I have them</Button>
        </Group>
      </Stack>
    </Alert>
  )
}
