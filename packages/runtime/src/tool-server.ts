// What a tool server of a project is made of, on top of the official SDK (@modelcontextprotocol/server).

// Serving.
export { serve } from './tool-server/serve.ts'
export type { CreateServer, RunningToolServer, ServeOptions } from './tool-server/serve.ts'
export type { HttpServeOptions } from './tool-server/http.ts'
export type { GuardOptions } from './tool-server/guard.ts'
export { isMain } from './tool-server/main-module.ts'
export { structured } from './tool-server/structured.ts'

// The sample tools.
export { calculate } from './tool-server/calculate.ts'
export { extractUrls } from './tool-server/extract-urls.ts'
export { createWebSearch, webSearch } from './tool-server/web-search.ts'
export type { WebSearchInput, WebSearchOptions, WebSearchOutput } from './tool-server/web-search.ts'
export type { SearchResult } from './tool-server/document-search.ts'
