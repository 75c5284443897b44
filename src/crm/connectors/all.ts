import type { Connector } from '../connector.ts'
import { espo } from './espo/index.ts'
import { odoo } from './odoo/index.ts'

/** The kinds of CRM that Tend speaks to. */
export const connectors: Connector[] = [espo, odoo] as unknown as Connector[]
