import type { Module } from '#engine/module.ts'
import { stewardshipRoutes } from './stewardship.routes.ts'
import { upkeepLoop } from './upkeep.loop.ts'

/** Care for what runs and for what is held about people. It reaches into all rooms below, so they are handed in. */
export function stewardshipModule(rooms: Module[]): Module {
  return { name: 'stewardship', routes: stewardshipRoutes(rooms), loops: [upkeepLoop] }
}
