import { Box, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'

/** The frame of every screen: title, a line of words, actions on the right. */
export function Page(props: { title: string; words?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${props.title} · Tend`)
  return (
    <Stack gap="lg" p={{ base: 'md', sm: 'lg' }} maw={1440}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Box style={{ flex: 1, minWidth: 200 }}>
          <Title order={1}>{props.title}</Title>
          {props.words && (
            <Text component="div" c="dimmed" size="sm" mt={4}>
              {props.words}
            </Text>
          )}
        </Box>
        {props.actions && <Group gap="xs">{props.actions}</Group>}
      </Group>
      {props.children}
    </Stack>
  )
}

/** A screen or list with nothing in it yet: what it is for, and the one thing to do. */
export function Empty(props: {
  title: string
  words: string
  action?: { label: string; onClick(): void }
  children?: ReactNode
}) {
  return (
    <Stack
      align="center"
      gap="sm"
      py={64}
      px="md"
      style={{ border: '1px dashed var(--tend-line)', borderRadius: 8 }}
    >
      <Title order={2}>{props.title}</Title>
      <Text c="dimmed" ta="center" maw={480}>
        {props.words}
      </Text>
      {props.action && <Button onClick={props.action.onClick}>{props.action.label}</Button>}
      {props.children}
    </Stack>
  )
}
