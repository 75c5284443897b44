import type { Connector } from '../connector.ts'
import { dataverse } from './dataverse/index.ts'
import { espo } from './espo/index.ts'
import { hubspot } from './hubspot/index.ts'
import { odoo } from './odoo/index.ts'
import { pipedrive } from './pipedrive/index.ts'
import { rest } from './rest/index.ts'
import { salesforce } from './salesforce/index.ts'

/** The kinds of CRM that Tend speaks to. */
export const connectors: Connector[] = [
  salesforce,
  hubspot,
  pipedrive,
  dataverse,
  odoo,
  espo,
  rest,
] as unknown as Connector[]
