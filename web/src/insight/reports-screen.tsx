import { Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import {
  IconChartDots,
  IconFilter,
  IconMail,
  IconMailCheck,
  IconRoute,
  IconSeedling,
  IconSpeakerphone,
  IconWorldSearch,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Page } from '@/ui/page'
import { kinds } from './report'
import styles from './reports.module.css'

const icons: Record<string, typeof IconMail> = {
  emails: IconMail,
  campaigns: IconSpeakerphone,
  workflows: IconRoute,
  leads: IconChartDots,
  sources: IconWorldSearch,
  growth: IconSeedling,
  segments: IconFilter,
  deliverability: IconMailCheck,
}

/** All reports, and what each answers. */
export function ReportsScreen() {
  return (
    <Page
      title="Reports"
      words="Every number is counted from the ledgers, means the same on every screen, and leaves machines out."
    >
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {kinds.map(kind => {
          const Icon = icons[kind.key] ?? IconMail
          return (
            <Paper
              key={kind.key}
              component={Link}
              to={`/reports/${kind.key}`}
              withBorder
              p="md"
              className={styles.card}
            >
              <Stack gap={6}>
                <ThemeIcon variant="light" size={34} aria-hidden>
                  <Icon size={20} />
                </ThemeIcon>
                <Title order={2} fz="md">
                  {kind.title}
                </Title>
                <Text size="sm" c="dimmed">
                  {kind.words}
                </Text>
              </Stack>
            </Paper>
          )
        })}
      </SimpleGrid>
    </Page>
  )
}
