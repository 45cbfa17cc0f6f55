import type { ChildProcess } from 'node:child_process'
import type Restack from '../../src/index.ts'
import type { SeededRandom } from '../../src/core/random.ts'

/** A database, the services that live and die on it, and the client that gives them work. */
export interface Scene {
  readonly folder: string
  readonly restack: Restack
  readonly random: SeededRandom
  readonly processes: ReadonlySet<ChildProcess>
  /** Processes that died by SIGKILL. */
  readonly kills: number
}

/** What a scene has seen: runs, acknowledged events, completed steps. */
export interface Figures {
  readonly runs: number
  readonly events: number
  readonly steps: number
}

/** Where services can be told to die. */
export declare const points: readonly string[]
export declare function beginScene(seed: string): Scene
/** Keeps a service running: whenever it dies, another one takes its place. `fate` says where the next one dies. */
export declare function keepRunning(scene: Scene, fate: () => readonly string[]): void
/** Kills a process at random every so often, until the returned function is called or `most` were killed. */
export declare function killAtRandom(scene: Scene, most?: number): () => void
/** Starts work of every kind, waits for it, and checks the answers. */
export declare function work(scene: Scene, prefix?: string): Promise<void>
/** Checks histories and effects of everything in the scene. @throws {AssertionError} at the first violation */
export declare function checkScene(scene: Scene): Promise<Figures>
export declare function endScene(scene: Scene): Promise<void>
