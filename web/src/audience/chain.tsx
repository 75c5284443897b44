import { Box, Group, Stack, Text, ThemeIcon } from '@mantine/core'
import type { ComponentType } from 'react'
import { When } from '@/ui/format'

export type ChainLink = {
  key: string
  icon: ComponentType<{ size?: number; 'aria-hidden'?: boolean }>
  /** "Workflow", "The gate": what kind of link this is. */
  title: string
  words: string
  at: string | null
  isEnd?: boolean
  color?: string
}

/** Cause by cause, read from top to bottom: the answer to "why?". */
export function Chain({ label, links }: { label: string; links: ChainLink[] }) {
  return (
    <Box p="sm" style={{ background: 'var(--tend-quiet)', borderRadius: 8 }}>
      <Text size="sm" fw={600} mb="xs">
        {label}
      </Text>
      <Stack component="ol" gap={0} m={0} p={0} style={{ listStyle: 'none' }}>
        {links.map(({ key, icon: Icon, title, words, at, isEnd, color }, place) => (
          <Group component="li" key={key} gap="sm" wrap="nowrap" align="stretch">
            <Stack gap={0} align="center" w={24} style={{ flexShrink: 0 }}>
              <ThemeIcon size={24} radius="xl" variant={isEnd ? 'filled' : 'default'} color={color ?? 'tend'}>
                <Icon size={14} aria-hidden />
              </ThemeIcon>
              {place < links.length - 1 && <Box w={2} flex={1} mih={12} bg="var(--tend-line)" />}
            </Stack>
            <Box pb={place < links.length - 1 ? 'sm' : 0} miw={0}>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }} fw={isEnd ? 600 : 400}>
                {words}
              </Text>
              <Text size="xs" c="dimmed">
                {title}
                {at && (
                  <>
                    {', '}
                    <When at={at} size="xs" />
                  </>
                )}
              </Text>
            </Box>
          </Group>
        ))}
      </Stack>
    </Box>
  )
}
