import { Text, Tooltip } from '@mantine/core'
import { formatExact, formatRelative } from '@/ui/format'

/** A moment by the machine's own time: sessions, keys and the audit do not live by the sandbox's clock. */
export function RealWhen({ at }: { at: string }) {
  return (
    <Tooltip label={formatExact(at)}>
      <Text span size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        <time dateTime={at}>{formatRelative(at, new Date())}</time>
      </Text>
    </Tooltip>
  )
}
