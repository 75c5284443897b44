import type { Module } from '#engine/module.ts'
import { insightRoutes } from './insight.routes.ts'

/** Reads everywhere, writes only its own (so far: nothing). */
export const insightModule: Module = { name: 'insight', routes: insightRoutes }
