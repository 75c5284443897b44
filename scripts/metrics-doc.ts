import { writeFileSync } from 'node:fs'
import { metricsPage } from '#insight/metrics.doc.ts'

// Writes docs/metrics.md from the dictionary of metrics.
writeFileSync(new URL('../docs/metrics.md', import.meta.url), metricsPage())
