import { campaignsReport } from './campaigns.ts'
import { growthReport, segmentsReport } from './clubs.ts'
import { deliverabilityReport } from './deliverability.ts'
import { emailsReport } from './emails.ts'
import { leadsReport } from './leads.ts'
import type { ReportKind } from './report.ts'
import { sourcesReport } from './sources.ts'
import { workflowsReport } from './workflows.ts'

/** Every report: routes, files and screens are made from this list. */
export const reports: ReportKind[] = [
  emailsReport,
  campaignsReport,
  workflowsReport,
  segmentsReport,
  growthReport,
  leadsReport,
  sourcesReport,
  deliverabilityReport,
]
