import type { Connector } from '../connector.ts'
import { espo } from './espo/index.ts'

/** The kinds of CRM that Tend speaks to. */
export const connectors: Connector[] = [espo] as unknown as Connector[]
