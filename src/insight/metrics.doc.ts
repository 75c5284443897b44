import type { Metric } from './metrics.kind.ts'
import { groups, metric } from './metrics.ts'

const units = { count: 'number', share: 'share', days: 'days' }

/** docs/metrics.md, made from the dictionary: `node scripts/metrics-doc.ts` writes it, a test holds it to this. */
export function metricsPage(): string {
  return `# Metrics

Every number that a screen, a report, a file or an answer of the API shows is one of these and means the same
everywhere. \`GET /api/v1/reports/metrics\` gives them to machines; on screens the definition is one hover (or one Tab)
away.

**Where they come from.** Nothing is counted by hand as it happens. Reactors mark which *days* an event makes stale, a
loop counts these days anew from the ledgers of messages, events and workflow steps, and reports add up days. So a late
event, a merge or an erased person is right by construction, and no tick waits for a report. Every night the last forty
days are counted once more and compared; differences are repaired and told on the System health screen. Days begin at
midnight in the zone of the workspace (\`TEND_ZONE\`).

**Machines apart.** Opens and clicks count only when they were judged human. What machines did, or may have done, has
metrics of its own and is added to nothing.

**Erased people** are in no number, as if they had never been here.

${groups.map(({ title, metrics }) => section(title, metrics)).join('\n\n')}
`
}

function section(title: string, metrics: readonly Metric[]): string {
  return `## ${title}

| key | name | unit | meaning | counted as |
|---|---|---|---|---|
${metrics.map(row).join('\n')}`
}

function row(each: Metric): string {
  const counted = each.of
    ? `${metric(each.of.part).name.toLowerCase()} / ${metric(each.of.whole).name.toLowerCase()}`
    : `\`${each.sql.replaceAll('|', '\\|')}\``
  return `| \`${each.key}\` | ${each.name} | ${units[each.unit]} | ${each.definition} | ${counted} |`
}
